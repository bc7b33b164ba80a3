package http

import (
	"context"
	"net/http"

	"monkit.example/monkit"
	"monkit.example/tracing/monkithttp"
)

// TraceHandler returns a handler that runs c in a span of scope.
func TraceHandler(c http.Handler, scope *monkit.Scope, allowedBaggage ...string) http.Handler {
	return monkithttp.TraceHandler(c, scope, allowedBaggage...)
}

// Client is what is wanted of http.Client.
type Client = monkithttp.Client

// TraceRequest does req in a span of scope, and tells the callee of the span.
func TraceRequest(ctx context.Context, scope *monkit.Scope, cl Client, req *http.Request) (*http.Response, error) {
	return monkithttp.TraceRequest(ctx, scope, cl, req)
}

// Wrap returns a writer that passes all on to w, and a function that tells the
// status that was answered.
func Wrap(w http.ResponseWriter) (http.ResponseWriter, func() int) { return monkithttp.Wrap(w) }

// TraceInfo is what a request tells of the span that made it.
type TraceInfo = monkithttp.TraceInfo

// TraceInfoFromHeader reads headers, and of baggage what has an allowed name.
func TraceInfoFromHeader(header HeaderGetter, allowedBaggage ...string) TraceInfo {
	return monkithttp.TraceInfoFromHeader(header, allowedBaggage...)
}

// TraceInfoFromSpan is what a request made by s should tell.
func TraceInfoFromSpan(s *monkit.Span) TraceInfo { return monkithttp.TraceInfoFromSpan(s) }

// HeaderGetter is what is wanted of http.Header to read from it.
type HeaderGetter = monkithttp.HeaderGetter

// HeaderSetter is what is wanted of http.Header to write to it.
type HeaderSetter = monkithttp.HeaderSetter
