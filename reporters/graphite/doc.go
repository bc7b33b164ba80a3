// Package graphite pushes metrics to Carbon and whatever else takes Graphite's
// plaintext protocol. Start with [New]:
//
//	collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
//
// The address is [TRANSPORT://]HOST:PORT with tcp (the default), tls or udp,
// or unix:///path or unixgram:///path; the port may be left out and is 2003
// then. A bad address
// is not a panic: each report returns what is wrong with it.
//
// # Names
//
// A series is written as [prefix.]scope.measurement[.tag values].field, the
// values in the order of the tags' keys. A function is scope.function.Name.field,
// and its times are scope.function_times.success.Name.field. What Graphite
// cannot hold becomes "_", as do dots inside a tag's value or a field, and
// parts are cut to 251 bytes; so two series may come to bear one name, of
// which the server keeps the value that came last.
//
// With [Options.Tagged] a series is measurement.field;tag=value, tags sorted
// by key. Graphite reserves the tag "name": it is renamed to "func", or to
// "func_name" where there is a tag "func" already. Empty values are left out.
//
// # Numbers and times
//
// NaN and infinities are skipped and counted. Times are whole seconds, which
// is as fine as Carbon's storage is.
//
// # The wire
//
// What is written is the last form of stamp only; what is read is all of this:
//
//	line   = [ space ] path space value [ space stamp ] [ space ] [ CR ] LF .
//	path   = name { ";" key "=" text } .
//	space  = ( " " | TAB ) { " " | TAB } .
//	value  = decimal number .                  (* finite *)
//	stamp  = "-1" | "N" | seconds [ "." digits ] .
//	name   = char { char } .                   (* UTF-8, no space or control, no ";" *)
//	key    = char { char } .                   (* nor "!", "^", "=" *)
//	text   = char { char } .                   (* nor a leading "~" *)
//
// A line without a stamp, or with "-1" or "N", is of the time it came in.
package graphite
