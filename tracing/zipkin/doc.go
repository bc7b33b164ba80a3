// Package zipkin exports sampled traces to a Zipkin server, or to any other
// server that accepts its format: the OpenTelemetry collector, Jaeger, Tempo.
//
// Use New:
//
//	exporter := zipkin.New("localhost:9411")
//	defer exporter.Close(ctx)
//
// NewWith has options, such as the fraction of the traces that are exported,
// the name of the service, and the registry. Traces that are already marked as
// sampled, by the headers of a caller or on the page /trace/remote, are always
// exported.
//
// An exporter collects spans for a second and sends them as version 2 of
// Zipkin's JSON, by POST to /api/v2/spans. A span has its function, times,
// kind, tags and annotations, and the name of its error. Arguments and the
// texts of errors, which may be private, are only sent if Options ask for it.
//
// Requests are compressed, until the server responds that it takes no gzip. The
// query of the address may have options, which the server does not get: gzip=off
// turns compression off from the start, token=@FILE (or tokenfile=FILE) names a file
// with a bearer token, username=NAME&password=@FILE one with a password, and https takes ca=FILE, cert=FILE, key=FILE and servername=NAME.
//
// While the server is unavailable, spans wait in bounded memory. Dropped spans
// are counted and logged, at most once a minute: Ledger accounts for every span,
// and RejectedLines shows the newest that the server rejected.
package zipkin
