// Package zipkin sends sampled traces to a Zipkin server, or to whatever else
// takes its spans: the OpenTelemetry collector, Jaeger, Tempo.
//
// Use New:
//
//	exporter := zipkin.New("localhost:9411")
//	defer exporter.Close(ctx)
//
// NewWith has options: which part of the traces goes out, under which name of
// a service, from which registry. Traces that somebody marked as sampled, the
// caller by its headers or a person at /trace/remote, go out in any case.
//
// Spans are sent as version 2 of Zipkin's JSON, by POST to /api/v2/spans,
// gathered for a second. Of a span go out its function, times, kind, tags and
// annotations, and the name of its error. Arguments and texts of errors, which
// may be private, stay unless Options say otherwise.
//
// While the server is away spans wait, as long as there is room; what is lost
// is counted. Ledger accounts for every span.
package zipkin
