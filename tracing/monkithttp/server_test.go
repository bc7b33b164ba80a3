package monkithttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

func TestServerContinuesTheTrace(t *testing.T) {
	w := newObservedScope(t)
	var inner *monkit.Span
	h := TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inner = monkit.SpanFromCtx(r.Context())
	}), w.Scope, "k")
	resp := serve(h, "/path?secret=1", "traceparent: 00-"+whole+"-"+span+"-03", "tracestate: a=1", "baggage: k=v,x=y")
	s := w.only(t).Span
	if inner != s {
		t.Error("the handler does not run in the span")
	}
	if parent, ok := s.ParentId(); !ok || tracing.SpanID(parent) != span || tracing.TraceID(s.Trace()) != whole {
		t.Errorf("trace %s, parent %x", tracing.TraceID(s.Trace()), uint64(parent))
	}
	if o := tracing.OriginOf(s.Trace()); o.State != "a=1" || !o.Random || !tracing.Sampled(s.Trace()) {
		t.Errorf("origin %+v", o)
	}
	for name, want := range map[string]string{
		tracing.Kind: "server", tracing.HTTPURI: "/path", tracing.HTTPMethod: "GET", tracing.HTTPStatus: "200", "k": "v", "x": "",
	} {
		if got := annotation(s, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := s.Func().FullName(); got != "s.traceHandler.ServeHTTP" {
		t.Errorf("the function is %s", got)
	}
	if resp.Header().Get("trace-id") != "" {
		t.Error("the response has a trace-id, which the caller knows")
	}
}

// Handlers written for monkit/v3 read the annotations of their span.
func TestHandlerFindsOnlyPathAndBaggage(t *testing.T) {
	w := newObservedScope(t)
	var got []monkit.Annotation
	serve(TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = monkit.SpanFromCtx(r.Context()).Annotations()
	}), w.Scope, "b", "a"), "/path", "baggage: b=2,a=1")
	want := []monkit.Annotation{{Name: tracing.HTTPURI, Value: "/path"}, {Name: "a", Value: "1"}, {Name: "b", Value: "2"}}
	if !slices.Equal(got, want) {
		t.Errorf("annotations %v, want %v", got, want)
	}
}

func TestUntrustedCallerCannotForceDebug(t *testing.T) {
	w := newObservedScope(t)
	serve(Handler(respond(200), w.Scope, HandlerOptions{TrustSampled: func(*http.Request) bool { return false }}), "/", "b3: "+whole+"-"+span+"-d")
	if trace := w.only(t).Span.Trace(); tracing.OriginOf(trace).Debug || trace.Get(tracing.SampledKey) != nil {
		t.Errorf("origin %+v, sampled: %v", tracing.OriginOf(trace), trace.Get(tracing.SampledKey))
	}
}

func TestServerBeginsATrace(t *testing.T) {
	w := newObservedScope(t)
	resp := serve(TraceHandler(respond(204), w.Scope), "/", "tracestate: sampled=true")
	s := w.only(t).Span
	if o := tracing.OriginOf(s.Trace()); s.Trace().High() == 0 || !o.Random || len(tracing.TraceID(s.Trace())) != 32 {
		t.Errorf("origin %+v", o)
	}
	if !tracing.Sampled(s.Trace()) || annotation(s, tracing.HTTPStatus) != "204" {
		t.Errorf("sampled: %v, annotations %v", tracing.Sampled(s.Trace()), s.Annotations())
	}
	if got, want := resp.Header().Get("trace-id"), fmt.Sprintf("%x", uint64(s.Trace().Id())); got != want {
		t.Errorf("trace-id is %s, want %s", got, want)
	}
	if got, want := resp.Header().Get("child-id"), fmt.Sprintf("%x", uint64(s.Id())); got != want {
		t.Errorf("child-id is %s, want %s", got, want)
	}
}

func TestServerKeepsTheDecisionOfATrustedCaller(t *testing.T) {
	distrust := HandlerOptions{TrustSampled: func(*http.Request) bool { return false }}
	for _, tt := range []struct {
		name  string
		opts  HandlerOptions
		lines []string
		want  any // value of SampledKey
	}{
		{"undecided", HandlerOptions{}, nil, nil},
		{"sampled", HandlerOptions{}, []string{"b3: 1"}, true},
		{"not sampled", HandlerOptions{}, []string{"b3: 0"}, false},
		{"sampled by an untrusted caller", distrust, []string{"b3: 1"}, nil},
		{"not sampled by an untrusted caller", distrust, []string{"b3: 0"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			resp := serve(Handler(respond(200), w.Scope, tt.opts), "/", tt.lines...)
			if got := w.only(t).Span.Trace().Get(tracing.SampledKey); got != tt.want {
				t.Errorf("sampled is %v, want %v", got, tt.want)
			}
			if id := resp.Header().Get("trace-id"); (id != "") != (tt.want == true) {
				t.Errorf("trace-id is %q, want it for a sampled trace without ids only", id)
			}
		})
	}
}

func TestMaxSampledLimitsTracesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newObservedScope(t)
		h := Handler(respond(200), w.Scope, HandlerOptions{MaxSampled: 4})
		for _, tt := range []struct {
			wait           time.Duration
			requests, want int
		}{{0, 10, 4}, {500 * time.Millisecond, 10, 2}, {time.Hour, 10, 4}, {time.Second, 2, 2}} {
			time.Sleep(tt.wait)
			w.spans = nil
			sampled := 0
			for range tt.requests {
				serve(h, "/", "b3: 1")
			}
			for _, s := range w.spans {
				if tracing.Sampled(s.Span.Trace()) {
					sampled++
				}
			}
			if sampled != tt.want {
				t.Errorf("after %s: %d of %d are sampled, want %d", tt.wait, sampled, tt.requests, tt.want)
			}
		}
	})
}

// Fault 9 of monkit/v3: a status of 500 was no error of the span, and a panic
// had no status.
func TestFaultServerSpanEndsWithTheStatus(t *testing.T) {
	for _, tt := range []struct {
		name     string
		handler  http.HandlerFunc
		status   string
		err      error
		panicked bool
	}{
		{"no status written", func(http.ResponseWriter, *http.Request) {}, "200", nil, false},
		{"404", respond(404).ServeHTTP, "404", nil, false},
		{"500", respond(500).ServeHTTP, "500", StatusError(500), false},
		{"503", respond(503).ServeHTTP, "503", StatusError(503), false},
		{"informational status before", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(502)
			w.WriteHeader(200)
		}, "502", StatusError(502), false},
		{"body fails before the status", func(w http.ResponseWriter, _ *http.Request) {
			io.Copy(w, iotest.ErrReader(io.ErrUnexpectedEOF))
			w.WriteHeader(502)
		}, "502", StatusError(502), false},
		{"panic", func(http.ResponseWriter, *http.Request) { panic("x") }, "500", StatusError(500), true},
		{"panic after the status", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "x")
			panic("x")
		}, "200", nil, true},
		{"panic with an error that wraps an abort", func(http.ResponseWriter, *http.Request) {
			panic(fmt.Errorf("proxy: %w", http.ErrAbortHandler))
		}, "500", StatusError(500), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			func() {
				defer func() {
					if got := recover() != nil; got != tt.panicked {
						t.Errorf("panicked: %v", got)
					}
				}()
				serve(TraceHandler(tt.handler, w.Scope), "/")
			}()
			s := w.only(t)
			if got := annotation(s.Span, tracing.HTTPStatus); got != tt.status || s.Panicked != tt.panicked || !errors.Is(s.Err, tt.err) {
				t.Errorf("status %s, %v, panicked: %v", got, s.Err, s.Panicked)
			}
		})
	}
}

func TestErrorsAreCountedByStatus(t *testing.T) {
	w := newObservedScope(t)
	serve(TraceHandler(respond(503), w.Scope), "/")
	errs := w.only(t).Span.Func().Errors()
	if errs["HTTP 503"] != 1 {
		t.Errorf("errors are %v", errs)
	}
}

func TestRouteIsAnAnnotation(t *testing.T) {
	w := newObservedScope(t)
	mux := http.NewServeMux()
	mux.Handle("GET /items/{id}", respond(200))
	serve(TraceHandler(mux, w.Scope), "/items/5")
	if got := annotation(w.only(t).Span, tracing.HTTPRoute); got != "GET /items/{id}" {
		t.Errorf("the route is %q", got)
	}
}

func TestRequestWithoutARouteHasNoRouteAnnotation(t *testing.T) {
	w := newObservedScope(t)
	serve(TraceHandler(respond(200), w.Scope), "/items/5")
	if got := w.only(t).Span.Annotations(); slices.ContainsFunc(got, func(a monkit.Annotation) bool { return a.Name == tracing.HTTPRoute }) {
		t.Errorf("annotations %v", got)
	}
}

func TestPathIsEscaped(t *testing.T) {
	w := newObservedScope(t)
	serve(TraceHandler(respond(200), w.Scope), "/a%2Fb?secret")
	if got := annotation(w.only(t).Span, tracing.HTTPURI); got != "/a%2Fb" {
		t.Errorf("the path is %q", got)
	}
}

// Fault 9 of monkit/v3: the handler did not get the context that observers
// returned.
func TestFaultObserversContextReachesTheHandler(t *testing.T) {
	r := monkit.NewRegistry()
	defer r.ObserveTraces(func(t *monkit.Trace) { t.ObserveSpansCtx(marker{}) })()
	var got any
	serve(TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Context().Value(marker{})
	}), r.ScopeNamed("s")), "/")
	if got != "marked" {
		t.Errorf("the context has %v", got)
	}
}

// marker is an observer that adds a value to the context.
type marker struct{}

func (marker) Start(ctx context.Context, _ *monkit.Span) context.Context {
	return context.WithValue(ctx, marker{}, "marked")
}
func (marker) Finish(context.Context, *monkit.Span, error, bool, time.Time) {}

// Fault 9 of monkit/v3: exporters were notified of traces that were not sampled.
func TestFaultUnsampledTraceNotifiesNoExporter(t *testing.T) {
	registry := monkit.NewRegistry()
	notified := 0
	defer registry.ObserveTraces(func(t *monkit.Trace) {
		t.Set(tracing.SampledCBKey, func(*monkit.Trace) { notified++ })
	})()
	serve(TraceHandler(respond(200), registry.ScopeNamed("s")), "/")
	if notified != 0 {
		t.Errorf("notified %d times", notified)
	}
}

func TestServerAnnotationsAreBounded(t *testing.T) {
	w := newObservedScope(t)
	long := strings.Repeat("x", 2*maxText)
	r := httptest.NewRequest(long, "/"+long, nil)
	TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { r.Pattern = long }), w.Scope).ServeHTTP(httptest.NewRecorder(), r)
	for _, name := range []string{tracing.HTTPURI, tracing.HTTPMethod, tracing.HTTPRoute} {
		if got := len(annotation(w.only(t).Span, name)); got != maxText {
			t.Errorf("%s has %d bytes, want %d", name, got, maxText)
		}
	}
}
