// Package endpoint is the one grammar for addresses: what reporters take in
// New, and what the relay takes in its flags and its configuration. Start with
// [Parse].
//
//	endpoint  = [ format "+" ] [ transport "://" ] address [ "?" options ] .
//	transport = "tcp" | "tls" | "udp" | "unix" | "unixgram" | "http" | "https" .
//	address   = host ":" port | "[" ipv6 "]:" port | path | what a URL has there .
//	options   = name "=" value { "&" name "=" value } .
//
// Examples:
//
//	127.0.0.1:2003                      what the caller's Default says
//	graphite+udp://:2003                listen on every interface
//	tls://carbon.example:2003?ca=/etc/ca.pem
//	unix:///run/carbon.sock             three slashes: the path is absolute
//	influx+http://host:8086/write?db=x  the query belongs to the server
//
// A socket path is taken as it stands up to the first "?"; nothing in it is
// unescaped. The query of an http URL is not looked into, all other options
// must be known. Neither errors nor [Endpoint.String] show credentials.
package endpoint
