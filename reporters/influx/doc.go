// Package influx pushes metrics in InfluxDB's line protocol, to InfluxDB 1, 2
// and 3 and what else takes it. Start with [New]:
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
// where a bare host has port 8086. A bad address is not a panic: each report
// returns what is wrong with it. User and password go into
// the address or, better, a token into [Options.Token]; neither is logged.
//
// # Lines
//
// All fields of one series and time make one line, with the measurement and
// all tags, sorted by key. Every number is a float, so that a field never
// changes its type. Times are in nanoseconds, and the server is told so.
//
// What the format cannot hold is replaced: a backslash by "/", control
// characters by a space, invalid UTF-8 by U+FFFD; "#" and "_" at the start of
// a measurement go; the keys time, _field and _measurement get a "_" behind
// them; a point without a field's name is the field "value". Tags without a
// value are left out. NaN and infinities are skipped and counted.
//
// # The wire
//
// What is written is the last form of each only; what is read is all of this:
//
//	line        = measurement { "," key "=" key } " " field { "," field } [ " " time ] [ CR ] LF .
//	field       = key "=" value .
//	value       = float | digits "i" | digits "u" | bool | '"' text '"' .
//	bool        = "t" | "T" | "true" | "True" | "TRUE" | "f" | "F" | "false" | "False" | "FALSE" .
//	measurement = name .                    (* "\" before "," and space *)
//	key         = name .                    (* "\" before ",", "=" and space *)
//	text        = { char } .                (* "\" before '"' and "\" *)
//	time        = [ "-" ] digits .          (* nanoseconds since 1970 *)
//
// Integers and booleans become floats; a string makes no point, but its line
// passes to another destination of this format. A line without a time is of
// the time it came in. Comments, which start with "#", are passed over. A
// line break inside a string ends the line there, so that a quote that is
// never closed costs one line and not all behind it.
package influx
