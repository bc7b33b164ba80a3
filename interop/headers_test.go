package interop

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"monkit.example/monkit"
	"monkit.example/tracing"
	"monkit.example/tracing/monkithttp"
)

// sent returns the header of a request and the span that made it, in a trace of
// that origin.
func sent(t *testing.T, high uint64, origin tracing.Origin, sampled bool, o monkithttp.TransportOptions) (http.Header, *monkit.Span) {
	t.Helper()
	var header http.Header
	var span *monkit.Span
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header }))
	defer server.Close()
	mon := monkit.NewRegistry().ScopeNamed("s")
	own := monkit.NewTrace128(high, 0x7d)
	tracing.SetOrigin(own, origin)
	own.Set(tracing.SampledKey, sampled)
	ctx := context.Background()
	defer mon.FuncNamed("f").RemoteTrace(&ctx, 1, own)(nil)
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	rt := monkithttp.Transport(spanRecorder{server.Client().Transport, &span}, mon, o)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return header, span
}

// spanRecorder is a transport that records the span of a request.
type spanRecorder struct {
	http.RoundTripper
	span **monkit.Span
}

func (s spanRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.span = monkit.SpanFromCtx(r.Context())
	return s.RoundTripper.RoundTrip(r)
}

// received returns the span of a server that gets a request with that header.
func received(h http.Header, names ...string) (span *monkit.Span) {
	handler := monkithttp.TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		span = monkit.SpanFromCtx(r.Context())
	}), monkit.NewRegistry().ScopeNamed("s"), names...)
	req := httptest.NewRequest("GET", "/", nil)
	req.Header = h
	handler.ServeHTTP(httptest.NewRecorder(), req)
	return span
}

func TestOpenTelemetryReadsTheHeaders(t *testing.T) {
	for _, form := range []struct {
		name string
		b3   monkithttp.B3
		by   propagation.TextMapPropagator
	}{
		{"w3c", monkithttp.NoB3, propagation.TraceContext{}},
		{"b3", monkithttp.SingleB3, b3.New()},
		{"multi", monkithttp.MultiB3, b3.New()},
	} {
		for _, tt := range []struct {
			name    string
			high    uint64
			random  bool
			sampled bool
			id      string
		}{
			{"id of 64 bits", 0, false, true, "0000000000000000000000000000007d"},
			{"id of 128 bits", 0xa1, true, false, "00000000000000a1000000000000007d"},
		} {
			t.Run(form.name+" "+tt.name, func(t *testing.T) {
				header, span := sent(t, tt.high, tracing.Origin{Random: tt.random}, tt.sampled, monkithttp.TransportOptions{B3: form.b3})
				if form.b3 != monkithttp.NoB3 {
					header.Del("traceparent")
				}
				got := trace.SpanContextFromContext(form.by.Extract(t.Context(), propagation.HeaderCarrier(header)))
				if got.TraceID().String() != tt.id || got.SpanID().String() != tracing.SpanID(span.Id()) || got.IsSampled() != tt.sampled {
					t.Errorf("%v was read as %s %s, sampled: %v", header, got.TraceID(), got.SpanID(), got.IsSampled())
				}
			})
		}
	}
}

func TestOpenTelemetryReadsStateAndBaggage(t *testing.T) {
	header, _ := sent(t, 0, tracing.Origin{State: "a=1,b@c=2", Baggage: map[string]string{"k": "v, ä%", "x": "private"}}, true,
		monkithttp.TransportOptions{Baggage: []string{"k"}})
	by := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	ctx := by.Extract(t.Context(), propagation.HeaderCarrier(header))
	if got := trace.SpanContextFromContext(ctx).TraceState().String(); got != "a=1,b@c=2" {
		t.Errorf("the state was read as %q", got)
	}
	if got := baggage.FromContext(ctx); got.Len() != 1 || got.Member("k").Value() != "v, ä%" {
		t.Errorf("the baggage was read as %v", got)
	}
}

func TestHeadersOfOpenTelemetryAreRead(t *testing.T) {
	state, err := trace.ParseTraceState("a=1,b@c=2")
	if err != nil {
		t.Fatal(err)
	}
	member, err := baggage.NewMemberRaw("k", "v, ä%")
	if err != nil {
		t.Fatal(err)
	}
	carried, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []struct {
		name string
		by   propagation.TextMapPropagator
	}{
		{"w3c", propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})},
		{"b3", b3.New(b3.WithInjectEncoding(b3.B3SingleHeader))},
		{"multi", b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader))},
	} {
		for _, sampled := range []bool{false, true} {
			t.Run(form.name, func(t *testing.T) {
				theirs := trace.NewSpanContext(trace.SpanContextConfig{
					TraceID: trace.TraceID{0: 0x8a, 15: 1}, SpanID: trace.SpanID{0: 0xff, 7: 2},
					TraceFlags: trace.TraceFlags(0).WithSampled(sampled), TraceState: state,
				})
				h := make(http.Header)
				ctx := baggage.ContextWithBaggage(trace.ContextWithSpanContext(t.Context(), theirs), carried)
				form.by.Inject(ctx, propagation.HeaderCarrier(h))
				s := received(h, "k")
				parent, _ := s.ParentId()
				if tracing.TraceID(s.Trace()) != theirs.TraceID().String() || tracing.SpanID(parent) != theirs.SpanID().String() || tracing.Sampled(s.Trace()) != sampled {
					t.Errorf("%v was read as %s %s, sampled: %v", h, tracing.TraceID(s.Trace()), tracing.SpanID(parent), tracing.Sampled(s.Trace()))
				}
				if o := tracing.OriginOf(s.Trace()); form.name == "w3c" && (o.State != state.String() || o.Baggage["k"] != "v, ä%") {
					t.Errorf("%v was read as %+v", h, o)
				}
			})
		}
	}
}
