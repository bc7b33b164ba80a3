package monkithttp

import (
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
		next: c,
		fn:   scope.FuncNamed("traceHandler.ServeHTTP"), // as in monkit/v3
		opts: o,
		rate: rateLimit{perSecond: o.MaxSampled},
	}
}

type handler struct {
	next http.Handler
	fn   *monkit.Func
	opts HandlerOptions
	rate rateLimit
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	p := extract(r.Header, h.opts.Baggage)
	if p.decision == yes && !h.maySample(r) {
		p.decision, p.origin.Debug = undecided, false
	}
	ctx := r.Context()
	defer h.fn.RemoteTrace(&ctx, int64(p.span), p.newTrace())(&err)
	s := monkit.SpanFromCtx(ctx)
	s.Annotate(tracing.HTTPURI, bounded(r.URL.EscapedPath()))
	for _, key := range slices.Sorted(maps.Keys(p.origin.Baggage)) {
		s.Annotate(key, p.origin.Baggage[key])
	}
	if !p.known && p.decision == yes { // a client without traces, such as curl, finds the exported trace by these
		w.Header().Set("trace-id", fmt.Sprintf("%x", uint64(s.Trace().Id())))
		w.Header().Set("child-id", fmt.Sprintf("%x", uint64(s.Id())))
	}
	rec := &statusRecorder{ResponseWriter: w}
	r = r.WithContext(ctx)
	returned := false
	defer func() {
		recovered := recover()
		if err = finish(s, r, rec, returned); err == nil && !returned && recovered == nil {
			err = http.ErrAbortHandler // runtime.Goexit ends the response as a panic does
		}
		if recovered != nil {
			panic(recovered)
		}
	}()
	h.next.ServeHTTP(rec.variant(methodsOf(w)), r)
	returned = true
}

// finish adds the annotations that the handler must not find, because in
// monkit/v3 the span has only the path and the baggage while the handler runs.
// It returns the error of the span. If the handler did not return and wrote no
// status, the server closes the connection, so the status is 500 and not 200.
func finish(s *monkit.Span, r *http.Request, rec *statusRecorder, returned bool) error {
	if !returned {
		rec.record(http.StatusInternalServerError)
	}
	annotateRequest(s, tracing.KindServer, r)
	s.AnnotateValue(tracing.HTTPStatus, rec.code())
	if r.Pattern != "" { // set by http.ServeMux
		s.Annotate(tracing.HTTPRoute, bounded(r.Pattern))
	}
	return statusError(rec.code())
}

// maySample reports whether r may have its trace exported.
func (h *handler) maySample(r *http.Request) bool {
	return (h.opts.TrustSampled == nil || h.opts.TrustSampled(r)) && h.rate.allow(time.Now())
}

// maxText bounds the text of an annotation that comes from a request, in
// bytes.
const maxText = 2 << 10

func bounded(text string) string { return text[:min(len(text), maxText)] }

func annotateRequest(s *monkit.Span, kind string, r *http.Request) {
	s.Annotate(tracing.Kind, kind)
	s.Annotate(tracing.HTTPMethod, bounded(methodOf(r)))
}
