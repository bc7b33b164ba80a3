// Package interop shows what others make of what this project sends: its tests
// hand spans and headers to the code of Zipkin and OpenTelemetry and look at
// what comes out. Run them with
//
//	go test ./...
//
// It is a module of its own, so that none of that code reaches users.
package interop
