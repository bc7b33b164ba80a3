package monkithttp

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// HandlerOptions tune a Handler. The zero value works.
type HandlerOptions struct {
	// Baggage is the names of what callers may tell: it becomes annotations
	// of the span, and goes on to callees whose Transport lets it.
	Baggage []string
	// TrustSampled says whether the caller may decide if the trace is
	// exported. Nil means that everybody may.
	TrustSampled func(*http.Request) bool
	// MaxSampled is how many traces a second callers can have exported; for
	// others, exporters decide. Zero means any number.
	MaxSampled int
}

// TraceHandler returns a handler that runs c in a span of scope. The span
// continues the trace that the request is part of. Of its baggage, what has an
// allowed name is made annotations.
func TraceHandler(c http.Handler, scope *monkit.Scope, allowedBaggage ...string) http.Handler {
	return Handler(c, scope, HandlerOptions{Baggage: allowedBaggage})
}

// Handler is TraceHandler with options.
func Handler(c http.Handler, scope *monkit.Scope, o HandlerOptions) http.Handler {
	return &handler{
		next: c,
		fn:   scope.FuncNamed("traceHandler.ServeHTTP"), // as in monkit/v3
		opts: o,
		rate: rate{perSecond: o.MaxSampled},
	}
}

type handler struct {
	next http.Handler
	fn   *monkit.Func
	opts HandlerOptions
	rate rate
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	p := extract(r.Header, h.opts.Baggage)
	if p.decision == yes && !h.mayDecide(r) {
		p.decision, p.origin.Debug = undecided, false
	}
	ctx := r.Context()
	defer h.fn.RemoteTrace(&ctx, int64(p.span), p.begin())(&err)
	s := monkit.SpanFromCtx(ctx)
	s.Annotate(tracing.HTTPURI, bounded(r.URL.EscapedPath()))
	for _, key := range slices.Sorted(maps.Keys(p.origin.Baggage)) {
		s.Annotate(key, p.origin.Baggage[key])
	}
	if !p.known && p.decision == yes {
		w.Header().Set("trace-id", fmt.Sprintf("%x", uint64(s.Trace().Id())))
		w.Header().Set("child-id", fmt.Sprintf("%x", uint64(s.Id())))
	}
	rec := &recorder{ResponseWriter: w}
	r = r.WithContext(ctx)
	returned := false
	defer func() { err = finish(s, r, rec, returned) }()
	h.next.ServeHTTP(rec.like(w), r)
	returned = true
}

// finish annotates what is not for the handler to find: monkit/v3 has the path
// and the baggage alone while it runs. A handler that panics before it answered
// has the server close the connection: that is no 200.
func finish(s *monkit.Span, r *http.Request, rec *recorder, returned bool) error {
	if !returned {
		rec.wrote(http.StatusInternalServerError)
	}
	annotateRequest(s, tracing.KindServer, r)
	s.AnnotateValue(tracing.HTTPStatus, rec.code())
	if r.Pattern != "" { // the mux has put it there
		s.Annotate(tracing.HTTPRoute, bounded(r.Pattern))
	}
	return statusError(rec.code())
}

// mayDecide reports whether r may have its trace exported.
func (h *handler) mayDecide(r *http.Request) bool {
	return (h.opts.TrustSampled == nil || h.opts.TrustSampled(r)) && h.rate.allow(time.Now())
}

// begin returns the trace that a span below p is part of.
func (p *parent) begin() *monkit.Trace {
	high, id, origin := p.high, int64(p.trace), p.origin
	if !p.known {
		high, id, origin.Random = rand.Uint64(), monkit.NewId(), true
	}
	t := monkit.NewTrace128(high, id)
	tracing.SetOrigin(t, origin)
	if p.decision != undecided {
		t.Set(tracing.SampledKey, p.decision == yes)
	}
	return t
}

// maxText bounds what a request can make an annotation.
const maxText = 2 << 10

func bounded(text string) string { return text[:min(len(text), maxText)] }

func annotateRequest(s *monkit.Span, kind string, r *http.Request) {
	s.Annotate(tracing.Kind, kind)
	s.Annotate(tracing.HTTPMethod, bounded(methodOf(r)))
}
