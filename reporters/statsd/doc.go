// Package statsd pushes metrics to statsd daemons. Start with [New]:
//
//	collect.Every(10*time.Second, statsd.New("127.0.0.1:8125"))
//
// The address is [TRANSPORT://]HOST:PORT with udp (the default), tcp or tls,
// or unix:///path or unixgram:///path; the port may be left out and is 8125 then.
// A bad address is not a panic: each report returns what is wrong with it.
// Over unix, a stream, lines are ended by LF; Datadog's agent wants lengths
// before them there, so use unixgram with it.
//
// # Dialects
//
// The reference daemon knows no tags, so a series is named
// [prefix.]scope.measurement[.tag values].field as package graphite names it,
// with "_" for what the daemon would delete. [Options.Tags] speaks DogStatsD:
// the name is measurement.field and the tags are sent as such.
//
// # Kinds
//
// Totals are sent as counters, each time what was added since the last;
// levels as gauges; observations as timings, in milliseconds, or as
// histograms to DogStatsD. Where nothing was added nothing is sent. In the
// reference dialect a sign makes a gauge relative, so a negative level goes
// as two lines, n:0|g and n:-5|g; DogStatsD takes n:-5|g for what it is, and
// has no word for a relative one. Numbers never have an exponent. NaN,
// infinities, and negative timings to the reference daemon, are skipped and
// counted.
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
// Written is name ":" value "|" type [ "|#" tags ] only. When read, c is a
// delta, divided by its rate; g a level, or in the reference dialect, with a
// sign, a relative one; ms, h and d are observations, whose rate says nothing
// of their value and is passed over. The name is the measurement, without a
// field. Sets, events and service checks make no points, but their lines pass
// to another destination of this format.
package statsd
