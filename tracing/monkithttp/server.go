package monkithttp

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// HandlerOptions configure a Handler. The zero value works.
type HandlerOptions struct {
	// Baggage lists the names of the baggage that is read. It becomes
	// annotations of the span, and a Transport passes it on if its own options
	// allow it. Nil reads none.
	Baggage []string
	// TrustSampled reports whether the caller may have the trace exported.
	// Nil trusts all callers.
	TrustSampled func(*http.Request) bool
	// MaxSampled limits how many traces a second callers can have exported.
	// Beyond it, exporters decide. Zero means no limit.
	MaxSampled int
	// Mux has the patterns that spans are named by, such as "GET /items/{id}", so
	// that each route has times and errors of its own. The pattern becomes the
	// route of the span as well, also where the mux gets a copy of the request.
	// Requests that no pattern matches, and all if Mux and Name are nil, have spans
	// called traceHandler.ServeHTTP.
	Mux *http.ServeMux
	// Name returns the name of the span of a request, or "" for
	// traceHandler.ServeHTTP. It should return few names: each has a Func, which is
	// never deleted. A Handler inside of a mux may return Request.Pattern. Nil names
	// spans by Mux.
	Name func(*http.Request) string
	// MaxNames limits the names of Mux or Name. The spans of requests beyond it are
	// called OtherRequests. Zero means 200.
	MaxNames int
}

// TraceHandler returns a handler that runs c in a span of scope, which
// continues the trace of the request. Baggage with a name in allowedBaggage
// becomes annotations of the span.
func TraceHandler(c http.Handler, scope *monkit.Scope, allowedBaggage ...string) http.Handler {
	return Handler(c, scope, HandlerOptions{Baggage: allowedBaggage})
}

// Handler is TraceHandler with options.
func Handler(c http.Handler, scope *monkit.Scope, o HandlerOptions) http.Handler {
	return &handler{
		next:  c,
		names: newSpanNames(scope, o),
		opts:  o,
		rate:  rateLimit{perSecond: o.MaxSampled},
	}
}

type handler struct {
	next  http.Handler
	names *spanNames
	opts  HandlerOptions
	rate  rateLimit
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	p := extract(r.Header, h.opts.Baggage)
	if p.decision == yes && !h.maySample(r) {
		p.decision, p.origin.Debug = undecided, false
	}
	pattern := h.patternOf(r)
	found := new(route)
	ctx := context.WithValue(r.Context(), routeKey{}, found)
	defer h.names.funcOf(r, pattern).RemoteTrace(&ctx, int64(p.span), p.newTrace())(&err)
	s := monkit.SpanFromCtx(ctx)
	s.Annotate(tracing.HTTPURI, bounded(r.URL.EscapedPath()))
	for _, key := range slices.Sorted(maps.Keys(p.origin.Baggage)) {
		s.Annotate(key, p.origin.Baggage[key])
	}
	if !p.known && p.decision == yes {
		sendIDs(w.Header(), s)
	}
	rec := &statusRecorder{ResponseWriter: w}
	r = r.WithContext(ctx)
	returned := false
	defer func() {
		recovered := recover()
		found.add(r)
		found.addPattern(pattern, r.URL.Path) // if the mux got a copy of r
		if err = finish(s, r, rec, found.get(), returned); err == nil && !returned && recovered == nil {
			err = http.ErrAbortHandler // runtime.Goexit ends the response as a panic does
		}
		if recovered != nil {
			panic(recovered)
		}
	}()
	h.next.ServeHTTP(rec.variant(methodsOf(w)), r)
	returned = true
}

// sendIDs sends the ids of an exported trace to a client without traces, such as curl.
func sendIDs(h http.Header, s *monkit.Span) {
	h.Set("trace-id", fmt.Sprintf("%x", uint64(s.Trace().Id())))
	h.Set("child-id", fmt.Sprintf("%x", uint64(s.Id())))
}

// finish adds the annotations that the handler must not find, because in
// monkit/v3 the span has only the path and the baggage while the handler runs.
// It returns the error of the span. If the handler did not return and wrote no
// status, the server closes the connection, so the status is 500 and not 200.
func finish(s *monkit.Span, r *http.Request, rec *statusRecorder, pattern string, returned bool) error {
	if !returned {
		rec.record(http.StatusInternalServerError)
	}
	annotateRequest(s, tracing.KindServer, r)
	s.AnnotateValue(tracing.HTTPStatus, rec.code())
	if pattern != "" {
		s.Annotate(tracing.HTTPRoute, pattern)
	}
	return statusError(rec.code())
}

// patternOf returns the pattern of the mux of the options that r matches, or "".
func (h *handler) patternOf(r *http.Request) string {
	if h.opts.Mux == nil {
		return ""
	}
	_, pattern := h.opts.Mux.Handler(r)
	return pattern
}

// maySample reports whether r may have its trace exported.
func (h *handler) maySample(r *http.Request) bool {
	return (h.opts.TrustSampled == nil || h.opts.TrustSampled(r)) && h.rate.allow(time.Now())
}

// maxText bounds the text of an annotation that comes from a request, in
// bytes.
const maxText = 2 << 10

func bounded(text string) string { return cut(text, maxText) }

func annotateRequest(s *monkit.Span, kind string, r *http.Request) {
	s.Annotate(tracing.Kind, kind)
	s.Annotate(tracing.HTTPMethod, bounded(methodOf(r)))
}
