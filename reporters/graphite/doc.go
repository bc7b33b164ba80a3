// Package graphite pushes metrics to Carbon, and to every other server of
// Graphite's plaintext protocol. Start with [New]:
//
//	collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
//
// The address is [TRANSPORT://]HOST[:PORT] with tcp (the default), tls or udp,
// or unix:///path or unixgram:///path. The default port is 2003. If an address
// is wrong, New logs the error through the collector, and [Open] returns it.
//
// An address with tls takes ?ca=FILE, the certificates that sign the server's,
// cert=FILE&key=FILE, the certificate of this client, and servername=NAME, the
// name in the server's certificate. The files are read for each connection, so
// that they may be replaced while the program runs. A host name is resolved
// again every 30 s, and its new addresses are followed.
//
// # Names
//
// A series is written as [prefix.]scope.measurement[.key.value].field, with its
// tags in the order of their keys, such as app.hits.zone.eu.total. The tags name, kind
// and error_name, by which series of this library differ, are their values alone: a
// function is scope.function.Name.field, and its times are
// scope.function_times.success.Name.field. Series without a scope, which others have
// made, have them like other tags. A tag without a value has the value true.
// Characters that Graphite does not allow become "_", as do dots inside a tag or a
// field. Parts that are not ASCII, or longer than 251 bytes, end in a hash of what
// they were, so that "東京" and "大阪" stay two. Two series can still get the same
// name, such as those of "a b" and "a_b". The first of a collector keeps it; points
// of the other are dropped as name_collision. Counters of one name are added up instead.
// The field name_collisions of the series send counts both, and the names are logged.
//
// With [Options.Tagged], or ?tagged=true in the address, a series is
// measurement.field;tag=value, tags sorted by key. Graphite reserves the tag "name": it is renamed to "func", or to
// "func_name" if there is a tag "func". A tag without a value has the value true.
//
// # Several processes
//
// Of two processes that write the same series, the server keeps the last value of
// each second, and counters jump between both totals. [Options.Prefix] or
// [Options.GlobalTags] keep them apart, by host and, where a host has several, by
// instance. A global tag is a part of the path, unless Tagged is set.
//
// # Numbers and times
//
// NaN and infinities are dropped and counted, and so are points from before 1970
// or after February 2106, which Carbon's storage cannot hold. Times are whole
// seconds, the resolution of that storage.
//
// # The wire
//
// Lines are written with the last form of stamp. All of this is read:
//
//	line   = { NUL } [ space ] path space value [ space stamp ] [ space ] LF .
//	path   = name { ";" key "=" text } .
//	space  = blank { blank } .
//	blank  = " " | TAB | VT | FF | CR | white space of Unicode .
//	value  = decimal number .                  (* finite *)
//	stamp  = "N" | decimal number .            (* seconds; from -1 down to -2 is now *)
//	name   = char { char } .                   (* UTF-8, no space or control, no ";" *)
//	key    = char { char } .                   (* nor "!", "^", "=" *)
//	text   = char { char } .                   (* nor a leading "~" *)
//
// A line without a stamp, or with "-1", "-1.0" or "N", has the time at which it was
// received. Lines are passed on with one space between fields, and with numbers in a
// spelling that every server reads: 0.5 for .5, 5 for +5 and 5. in value and stamp. The
// last parts total, count, successes, errors, panics and failures are those of
// counters if there is a tag scope, which this library writes, or with
// [Options.Totals]; all others are gauges.
package graphite
