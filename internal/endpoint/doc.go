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
//
// The path of a socket is taken literally up to the first "?": nothing in it is
// unescaped. Parse accepts any query in an http URL, but only known options in
// other addresses. Neither errors nor [Endpoint.String] show credentials.
package endpoint
