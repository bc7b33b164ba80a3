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
// [prefix.]scope.measurement[.key.value].field as in package graphite, with
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
// Two series can get the same name, such as those of "a b" and "a_b". The server adds
// up counters of one name. Of others the first of a collector keeps it; points of the
// other are dropped as name_collision. The field name_collisions of the series send
// counts both, and the names are logged.
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
//	line    = name ":" reading { ":" reading } [ CR ] LF .
//	reading = value { ":" value } "|" type { "|" section } .
//	name    = text { "[" tags "]" text } [ "," tags | "#" tags | ";" tag { ";" tag } ] .
//	tags    = tag { "," tag } .               (* in a name, key [ "=" value ] *)
//	type    = "c" | "g" | "ms" | "h" | "d" | "s" | any other .
//	value   = number .                        (* any text, for "s" *)
//	section = "@" rate | "#" tags | "T" seconds | "c:" id | "e:" id | "card:" level | word ":" any | "" .
//	tag     = key [ ":" value ] .
//
// Lines are written as name ":" value "|" type [ "|#" tags ]. They are read as the
// reference daemon, statsd 0.9.0, counts them, and sent to destinations of this format
// as the bytes that were received.
//
// c is a delta of a counter, divided by its rate; g is a gauge or, with a sign in front
// and in the reference dialect, a delta of a gauge; ms, h and d are samples, which stand
// for 1/rate observations ([reporters.Point.Weight]); s is a member of a set. Every other
// type, such as m, kv and none, is a counter, and in the dialect DogStatsD unsupported.
// The name is the measurement, without a field. A time is that of its reading alone, and
// tags are those of the whole line. Events and service checks become no points.
//
// White space around values, types, sections and tags is no part of them. A number is
// one of JavaScript and finite: 5, -0.5, 1e3, 0x10. A time in ms is not negative, but in
// the dialect DogStatsD. A rate is a number from 1e-9 to 1e9.
//
// A reading that does not parse is left out and counted as a bad reading; a line of
// which none parses is rejected.
//
// In a name, a run of white space becomes "_" and "/" becomes "-". Other characters that
// are not one of A-Z a-z 0-9 _ - . = are deleted, except letters, marks and digits
// beyond ASCII. The tags in it are those of Influx and Telegraf ("a,k=v"), Graphite
// ("a;k=v"), Librato ("a#k=v") and SignalFx ("a[k=v]"); what starts the first tag says
// which. Tags behind "|#" replace those of the same key in the name. Their order does
// not matter. A tag without a value is a key with an empty one; the values of a key that
// is there several times are sorted and joined with commas; one without a key is left
// out, which is a hint.
//
// Where this differs from the reference daemon, that would lose or spoil numbers: it
// keeps infinite values and rates of zero for ever, takes white space for the value 0,
// reads the rate 1e-5 as 1, counts all names of which nothing is left as one, deletes
// letters beyond ASCII, by which foreign names become one, and rejects the sections of
// DogStatsD and all but the last of several values.
package statsd
