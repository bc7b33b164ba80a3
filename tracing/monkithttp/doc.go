// Package monkithttp carries traces over HTTP: a server's spans continue the
// trace of the client that called it.
//
// On the server, wrap the handler:
//
//	http.ListenAndServe(addr, monkithttp.TraceHandler(mux, mon))
//
// In the client, wrap the transport, or the single request:
//
//	client := &http.Client{Transport: monkithttp.Transport(nil, mon, monkithttp.TransportOptions{})}
//	resp, err := monkithttp.TraceRequest(ctx, mon, http.DefaultClient, req)
//
// Handler is TraceHandler with options. Both make a span of each request, with
// its path, status and route as annotations. A status of 500 and above is an
// error of the span. ResponseControllers, http.Flusher and http.Hijacker work
// as without.
//
// Extract and Inject do the same for other protocols that have headers.
//
// What goes between processes are the headers traceparent and tracestate of
// W3C Trace Context, baggage as far as it is allowed by name, and b3 headers
// for those who ask for them:
//
//	traceparent = "00-" 32HEX "-" 16HEX "-" 2HEX      ; trace, caller, flags
//	            / "00-" 16HEX "-" 8*16HEX "-" 1*2HEX  ; taken, not sent
//	tracestate  = member *( "," member )              ; passed on as it is
//	            / "sampled=true"                      ; without traceparent
//	baggage     = key "=" value *( ";" property ) *( "," … )
//	b3          = ( 32HEX / 16HEX ) "-" 16HEX [ "-" state [ "-" 16HEX ] ] / state
//	state       = "0" / "1" / "d"
//
// traceparent counts for more than b3, and that for more than X-B3-TraceId,
// X-B3-SpanId, X-B3-Sampled and X-B3-Flags. Ids that are all zero, digits in
// upper case and version ff begin a trace anew.
package monkithttp
