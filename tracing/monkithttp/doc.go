// Package monkithttp propagates traces over HTTP: the spans of a server
// continue the trace of the client that called it.
//
// In a server, wrap the handler:
//
//	http.ListenAndServe(addr, monkithttp.TraceHandler(mux, mon))
//
// In a client, wrap the transport, or a single request:
//
//	client := &http.Client{Transport: monkithttp.Transport(nil, mon, monkithttp.TransportOptions{})}
//	resp, err := monkithttp.TraceRequest(ctx, mon, http.DefaultClient, req)
//
// Handler is TraceHandler with options. Both start a span for each request and
// annotate it with the path, status and route. A status of 500 or above is an
// error of the span. A handler that panics with http.ErrAbortHandler, as
// httputil.ReverseProxy does when the client goes away, counts as an error called
// Aborted and not as a panic. Inside the handler, ResponseControllers and the optional
// interfaces of the server's writer, such as http.Flusher, work as without it.
//
// All spans are called traceHandler.ServeHTTP, unless HandlerOptions.Mux or Name
// says otherwise: then each route has times and errors of its own.
//
//	handler := monkithttp.Handler(authenticate(mux), mon, monkithttp.HandlerOptions{Mux: mux})
//
// Middleware that passes on a copy of the request hides the route from the span;
// HandlerOptions.Mux, Route or SetRoute give it one.
//
// Extract and Inject propagate traces over other protocols that have headers.
//
// The headers are traceparent and tracestate of W3C Trace Context, baggage
// with the names that options allow, and B3 headers if options ask for them:
//
//	traceparent = "00-" 32HEX "-" 16HEX "-" 2HEX      ; trace, caller, flags
//	            / "00-" 16HEX "-" 8*16HEX "-" 1*2HEX  ; read, not sent
//	tracestate  = member *( "," member )              ; sent on unchanged
//	            / "sampled=true"                      ; without traceparent
//	baggage     = key "=" value *( ";" property ) *( "," … )
//	b3          = ( 32HEX / 16HEX ) "-" 16HEX [ "-" state [ "-" 16HEX ] ] / state
//	state       = "0" / "1" / "d"
//
// traceparent takes precedence over b3, and b3 over X-B3-TraceId, X-B3-SpanId,
// X-B3-Sampled and X-B3-Flags. A header with an id of all zeros, with digits in
// upper case or with version ff is ignored.
package monkithttp
