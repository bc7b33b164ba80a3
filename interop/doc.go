// Package interop tests this project against other implementations: its tests
// pass exported spans, metrics and trace headers to the code of Zipkin and OpenTelemetry
// and check how that code reads them, pass what other clients write to our decoders,
// report with these clients, and compare what package environment reads with procfs.
// Run them with
//
//	go test ./...
//
// It is a module of its own, so that its dependencies do not reach users.
package interop
