// Package otlp pushes metrics to an OpenTelemetry collector, and to every other
// server of OTLP over HTTP. Start with [New]:
//
//	collect.Every(10*time.Second, otlp.New("http://127.0.0.1:4318"))
//
// The address is a host alone, whose default port is 4318, or an http or https
// URL. Without a path, /v1/metrics is added. Requests are JSON, which every
// receiver of OTLP over HTTP has to take beside protobuf, and are compressed
// with gzip, unless the server answers that it does not take that. If an address
// is wrong, New logs the error through the collector, and [Open] returns it.
//
// The query of an address may have these options, which the server does not get:
// gzip=on or gzip=off, token=@FILE (or tokenfile=FILE) with a bearer token,
// username=NAME&password=@FILE, and for https ca=FILE, cert=FILE, key=FILE and
// servername=NAME. Files are read for each request or
// connection, so that they may be renewed.
//
// # Metrics
//
// A field is the metric measurement.field, and the tags of its series are the
// attributes of a point. What a metric is depends on the kind of the point:
//
//	Gauge         gauge
//	Counter       sum, monotonic, cumulative
//	CounterDelta  sum, monotonic, delta; one that is negative is dropped as unsupported
//	Sample        histogram of one value, without buckets, delta
//	GaugeDelta    dropped as unsupported, since OTLP has no such kind; SetMember likewise
//
// Every number is a double, so that a metric never changes its type. NaN and
// infinities are dropped as not_finite, and points without a time after 1970 as
// unsupported. A field whose last word is a unit, such as "age_seconds" or
// "sent_bytes", has that unit, as do the fields of such a measurement other than
// its counters.
//
// The start of a cumulative sum is that of the process. Of a series that appears
// later it is the time of the batch before. When a counter falls, the start
// moves to its last point before that. A counter that was received may have
// counted for any time, so that its sequence starts with a point whose start is
// its own time, as OTLP prescribes for a start that is not known.
//
// # The resource
//
// The attributes of the resource are service.name, service.version (of the main
// module), service.instance.id (host and process), host.name and
// telemetry.sdk.*. The environment variables OTEL_RESOURCE_ATTRIBUTES and
// OTEL_SERVICE_NAME replace them and add to them, and [Options] replace these.
//
// # Answers
//
// After 429, 502, 503 and 504, and when no answer arrives, the same request is
// sent again later, not before the time that the server asks for. After 400, or
// a body that is too large, halves of it are sent, until the points are found
// that the server rejects. After a redirect it waits half a minute at least. Every other
// answer drops the points as rejected, as do the rejected points of a partial
// success, which are counted.
//
// A request that was sent again may have arrived before. That changes nothing
// about gauges and cumulative sums; deltas count twice then, as OTLP accepts.
package otlp
