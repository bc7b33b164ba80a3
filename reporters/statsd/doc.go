// Package statsd pushes metrics to statsd daemons. Start with [New]:
//
//	collect.Every(10*time.Second, statsd.New("127.0.0.1:8125"))
//
// The address is [TRANSPORT://]HOST[:PORT] with udp (the default), tcp or tls,
// or unix:///path or unixgram:///path. The default port is 8125. If an address
// is wrong, New logs the error through the collector, and [Open] returns it.
// Datadog's agent expects a length before each payload on unix streams, which
// is not written here: use unixgram for it.
//
// An address with tls takes ?ca=FILE, the certificates that sign the server's,
// cert=FILE&key=FILE, the certificate of this client, and servername=NAME, the
// name in the server's certificate. The files are read for each connection, so
// that they may be replaced while the program runs. A host name is resolved
// again every 30 s, and its new addresses are followed.
//
// # Dialects
//
// The reference daemon has no tags, so a series is named
// [prefix.]scope.measurement[.tag values].field as in package graphite, with
// "_" for characters that the daemon deletes. With [Options.Tags] the name is
// measurement.field, and the tags follow as DogStatsD has them: for statsd_exporter,
// Telegraf with datadog_extensions, and other servers that read those. For Datadog's
// own agent, set [Options.Dialect] to [DogStatsD], by which gauges with a sign are
// values.
//
// Beside tags, names are ASCII and have up to 200 bytes, and tags may have letters
// of any script and up to 200 characters. Both start with a letter: 4xx is sent as
// n4xx. Other characters become "_". What is longer, or loses characters beyond
// ASCII, ends in a hash of what it was, here and in the reference dialect. A tag
// without a key is not sent, and one without a value is sent as its key.
//
// Two series can get the same name, such as those of "a b" and "a_b". The first of a
// collector keeps it; points of the other are dropped as name_collision, the field
// name_collisions of the series send counts them, and both names are logged.
//
// # Kinds
//
// Of a counter each report sends by how much it grew, and nothing if it did
// not. Gauges are sent as gauges, samples as timings in milliseconds, or with tags as
// histograms. In the reference dialect, with tags or without, a gauge with a sign is
// added to the value that the server has, so a negative gauge is sent as two
// lines, n:0|g and n:-5|g, which are always in one datagram. The dialect DogStatsD
// reads n:-5|g as -5, and has no deltas of gauges. Numbers never have an exponent.
// NaN and infinities, and negative timings, are dropped and counted.
//
// # Several processes
//
// Of two processes that send the same series, the server adds up the counters, which
// is often wanted, and keeps the gauge that came last. [Options.Prefix] or
// [Options.GlobalTags] keep them apart, by host and, where a host has several, by
// instance. A global tag is a part of the name, unless Tags is set. Datadog's agent
// adds the host itself.
//
// # The wire
//
//	line    = name ":" reading { ":" reading } { "|" section } [ CR ] LF .
//	reading = value { ":" value } "|" type [ "|@" rate ] .
//	type    = "c" | "g" | "ms" | "h" | "d" | "s" .
//	value   = [ "+" | "-" ] decimal number .   (* anything, for "s" *)
//	section = "@" rate | "#" tag { "," tag } | "T" seconds | "c:" id | "e:" id | "card:" level .
//	tag     = key [ ":" value ] .
//
// Lines are written as name ":" value "|" type [ "|#" tags ]. When lines are
// read, c is a delta of a counter, divided by its rate; g is a gauge or, with a
// sign and in the reference dialect, a delta of a gauge; ms, h and d are
// samples, whose rate is ignored. The name is the measurement, without a field.
// A set's value is one member of it, which no encoder writes. Events and service checks
// become no points. The lines of these are sent unchanged to destinations of this format.
package statsd
