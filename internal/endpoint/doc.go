// Package endpoint parses the addresses that reporters, the flags of the relay
// and its configuration take. Start with [Parse].
//
//	endpoint  = [ format "+" ] [ transport "://" ] address [ "?" options ] .
//	transport = "tcp" | "tls" | "udp" | "unix" | "unixgram" | "http" | "https" .
//	address   = host ":" port | "[" ipv6 "]:" port | path | the rest of a URL .
//	options   = name "=" value { "&" name "=" value } .
//
// Examples:
//
//	127.0.0.1:2003                      format and transport are those of Default
//	graphite+udp://:2003                listen on every interface
//	tls://carbon.example:2003?ca=/etc/ca.pem
//	unix:///run/carbon.sock             three slashes: the path is absolute
//	influx+http://host:8086/write?db=x  the query belongs to the server
//	https://host/write?db=x&ca=/ca.pem  except for the options of https
//
// The path of a socket is taken literally up to the first "?": nothing in it is
// unescaped. Parse accepts any query in an http or https URL, and takes these
// options out of it: tokenfile and, of https, ca, cert, key and servername. A
// server that has a parameter of such a name cannot be given it. Of token,
// password (pass, p) and username (user, u) it takes those whose value is @FILE, and
// the name of the user of such a password; a value that begins with an @ itself is
// written with %40. Other addresses have known options only. Sizes and times in
// options, and in flags, are those of [ParseSize] and [ParseDuration]. Neither errors nor [Endpoint.String] show credentials.
package endpoint
