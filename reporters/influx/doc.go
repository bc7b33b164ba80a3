// Package influx pushes metrics in InfluxDB's line protocol, to InfluxDB 1, 2
// and 3 and to every other server of that protocol. Start with [New]:
//
//	collect.Every(10*time.Second, influx.New("http://127.0.0.1:8086/write?db=app"))
//
// The address is one of
//
//	HOST[:PORT]                                  InfluxDB 1, with Options.Database
//	http[s]://HOST[:PORT]/write?db=DB            InfluxDB 1
//	http[s]://HOST[:PORT]/api/v2/write?org=ORG&bucket=BUCKET
//	http[s]://HOST[:PORT]/api/v3/write_lp?db=DB
//	udp://HOST:PORT tcp://HOST:PORT tls://HOST:PORT unix:///PATH unixgram:///PATH
//
// where the default port of a host alone is 8086. If an address is wrong, New
// logs the error through the collector, and [Open] returns it. Credentials are
// a user and password in the address or, better, a token by [Options.Token] or
// [Options.TokenFile]. They are never logged.
//
// Options follow the "?", beside the server's own parameters, which never
// include them:
//
//	ca=FILE              https, tls: certificates that sign the server's
//	cert=FILE&key=FILE   https, tls: the certificate of this client
//	servername=NAME      https, tls: the name in the server's certificate
//	tokenfile=FILE       http, https: the token, with white space around it ignored
//	token=@FILE          the same
//	u=NAME&p=@FILE       http, https: user and password for basic authentication
//
// The files are read for each connection or request, so that they may be
// replaced while the program runs. While one is missing or half-written, lines
// wait as they do for a server that is down. A host name is resolved again every
// 30 s, and its new addresses are followed.
//
// Bodies of more than 1 KiB are compressed, until the server responds that it
// takes no gzip. The option gzip=off in the query of an http address turns that
// off from the start, and gzip=on is the default; the server gets neither.
//
// # Lines
//
// All fields of one series and time make one line, with the measurement and
// all tags, sorted by key. Every number is a float, so that a field never
// changes its type. Times are in nanoseconds, as the address's precision says.
//
// Characters that the format does not allow are replaced: a backslash by "/",
// control characters by a space, invalid UTF-8 by U+FFFD. A measurement that starts
// with "#" or "_" gets an "n" before it. The keys time, _field and _measurement
// get a "_" at their end. A point without a field's name is the field "value".
//
// Each key is in a line once: a field that has the key of a tag, or after such a
// change that of another field, gets as many "_" at its end as make it another one.
// Two series can get the same measurement and tags, such as those with the tags
// disk=C:\ and disk=C:/. The first of a collector keeps them; fields of the other
// that the first has, too, are dropped as name_collision, or added up if they are
// counters. The field name_collisions of the series send counts both, and both names
// are logged.
//
// A tag without a value has the value true, since the server does not take empty ones.
// NaN and infinities are dropped and counted, and so are points at the ends of the
// range of times, in 1677 and 2262.
//
// # Several processes
//
// Of two processes that write the same series, the server keeps the last value of
// each time, which is a multiple of the collector's interval in both.
// [Options.GlobalTags] keep them apart, by host and, where a host has several, by
// instance; and [Options.Prefix] keeps apart programs with the same measurements.
//
// # The wire
//
// Lines are written with one form of each. All of this is read:
//
//	line        = [ space ] measurement { "," key "=" key } " " [ space ] field { "," field }
//	              [ " " [ space ] time ] [ space ] { CR } LF .
//	space       = { " " | TAB | NUL } .     (* after the time no NUL *)
//	field       = key "=" value .
//	value       = float | digits "i" | digits "u" | bool | '"' text '"' .
//	bool        = "t" | "T" | "true" | "True" | "TRUE" | "f" | "F" | "false" | "False" | "FALSE" .
//	measurement = name .                    (* "\" before "," and space *)
//	key         = name .                    (* "\" before ",", "=" and space *)
//	text        = { char } .                (* "\" before '"' and "\" *)
//	time        = [ "-" ] digits .          (* nanoseconds since 1970, or DecoderOptions.Precision *)
//
// Integers and booleans become floats. A string becomes no point, but its line
// is sent unchanged to destinations of this format. Lines are passed on with one
// space before the fields and one before the time, in nanoseconds, and with floats in a
// spelling that every server reads: 0.5 for .5, 5 for 5. A line without a time has
// the time at which it was received. The fields total, count, successes, errors,
// panics and failures are counters in lines with the tag scope, which this library
// writes, or with [Options.Totals]; all others are gauges. Comments, which start with "#", are
// skipped. A line feed inside a string ends the line, so that a quote that is
// not closed costs one line and not all lines after it.
package influx
