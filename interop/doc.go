// Package interop tests this project against other implementations: its tests
// pass exported spans, metrics and trace headers to the code of Zipkin and OpenTelemetry
// and check how that code reads them. Run them with
//
//	go test ./...
//
// It is a module of its own, so that its dependencies do not reach users.
package interop
