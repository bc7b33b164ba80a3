package http

import (
	"context"
	"net/http"

	"monkit.example/monkit"
	"monkit.example/tracing/monkithttp"
)

// TraceHandler returns a handler that calls c in a span of scope.
func TraceHandler(c http.Handler, scope *monkit.Scope, allowedBaggage ...string) http.Handler {
	return monkithttp.TraceHandler(c, scope, allowedBaggage...)
}

// Client is the part of http.Client that TraceRequest needs.
type Client = monkithttp.Client

// TraceRequest sends req in a span of scope. The headers of the request identify
// that span.
func TraceRequest(ctx context.Context, scope *monkit.Scope, cl Client, req *http.Request) (*http.Response, error) {
	return monkithttp.TraceRequest(ctx, scope, cl, req)
}

// Wrap returns a writer that forwards to w, and a function that returns the
// status of the response.
func Wrap(w http.ResponseWriter) (http.ResponseWriter, func() int) { return monkithttp.Wrap(w) }

// TraceInfo describes, in the headers of a request, the span that sent it.
type TraceInfo = monkithttp.TraceInfo

// TraceInfoFromHeader reads headers. Of the baggage it returns the entries with
// an allowed name.
func TraceInfoFromHeader(header HeaderGetter, allowedBaggage ...string) TraceInfo {
	return monkithttp.TraceInfoFromHeader(header, allowedBaggage...)
}

// TraceInfoFromSpan returns the TraceInfo for a request that s sends.
func TraceInfoFromSpan(s *monkit.Span) TraceInfo { return monkithttp.TraceInfoFromSpan(s) }

// HeaderGetter is the part of http.Header that reads headers.
type HeaderGetter = monkithttp.HeaderGetter

// HeaderSetter is the part of http.Header that writes headers.
type HeaderSetter = monkithttp.HeaderSetter
