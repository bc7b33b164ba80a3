package monkithttp

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// fakeTransport is a Client and a http.RoundTripper without a network.
type fakeTransport func(*http.Request) (*http.Response, error)

func (f fakeTransport) Do(req *http.Request) (*http.Response, error)        { return f(req) }
func (f fakeTransport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// responding returns a fakeTransport that responds with status, and the last
// request that it got.
func responding(status int) (fakeTransport, *http.Request) {
	got := new(http.Request)
	return func(req *http.Request) (*http.Response, error) {
		*got = *req
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	}, got
}

func request(t *testing.T, target string) *http.Request {
	t.Helper()
	req, err := http.NewRequest("", target, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestClientSendsItsSpan(t *testing.T) {
	for _, tt := range []struct {
		name   string
		high   uint64
		origin tracing.Origin
		opts   TransportOptions
		want   map[string]string // %s is the id of the client's span, %p of its parent
	}{
		{"trace of 64 bits", 0, tracing.Origin{}, TransportOptions{}, map[string]string{
			"traceparent": "00-0000000000000000000000000000004d-%s-00", "tracestate": "", "b3": "", "baggage": "a=b"}},
		{"trace of another process", 0xa, tracing.Origin{Random: true, State: "x=1", Baggage: map[string]string{"k": "v"}}, TransportOptions{},
			map[string]string{"traceparent": "00-000000000000000a000000000000004d-%s-02", "tracestate": "x=1", "baggage": "a=b"}},
		{"baggage", 0, tracing.Origin{Baggage: map[string]string{"k": "v w", "x": "y"}}, TransportOptions{Baggage: []string{"k"}},
			map[string]string{"baggage": "a=b,k=v%20w"}},
		{"b3", 0, tracing.Origin{}, TransportOptions{B3: SingleB3}, map[string]string{"b3": "000000000000004d-%s-0-%p"}},
		{"b3 of 128 bits, debug", 0xa, tracing.Origin{Debug: true}, TransportOptions{B3: SingleB3},
			map[string]string{"b3": "000000000000000a000000000000004d-%s-d-%p"}},
		{"multi", 0, tracing.Origin{}, TransportOptions{B3: MultiB3}, map[string]string{
			"X-B3-TraceId": "000000000000004d", "X-B3-SpanId": "%s", "X-B3-ParentSpanId": "%p", "X-B3-Sampled": "0", "X-B3-Flags": ""}},
		{"multi, debug", 0, tracing.Origin{Debug: true}, TransportOptions{B3: MultiB3}, map[string]string{"X-B3-Sampled": "", "X-B3-Flags": "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			rt, sent := responding(200)
			trace := monkit.NewTrace128(tt.high, 77)
			tracing.SetOrigin(trace, tt.origin)
			req := request(t, "http://user:secret@host:81/path?secret=1#x")
			req.Header.Set("baggage", "a=b")
			req.Header.Set("tracestate", "stale=1")
			inSpan(w, trace, func(ctx context.Context) {
				if _, err := Transport(rt, w.Scope, tt.opts).RoundTrip(req.WithContext(ctx)); err != nil {
					t.Fatal(err)
				}
			})
			s := w.spans[0].Span
			parent, _ := s.ParentId()
			ids := strings.NewReplacer("%s", tracing.SpanID(s.Id()), "%p", tracing.SpanID(parent))
			for name, want := range tt.want {
				values := sent.Header.Values(name)
				if got := strings.Join(values, ","); got != ids.Replace(want) || want == "" && len(values) > 0 {
					t.Errorf("%s is %q, want %q", name, values, ids.Replace(want))
				}
			}
		})
	}
}

// A span without a parent is sent without the id of a parent.
func TestClientSendsNoParentOfARoot(t *testing.T) {
	for _, form := range []B3{SingleB3, MultiB3} {
		scope := newObservedScope(t)
		rt, sent := responding(200)
		if _, err := Transport(rt, scope.Scope, TransportOptions{B3: form}).RoundTrip(request(t, "http://host/")); err != nil {
			t.Fatal(err)
		}
		s := scope.only(t).Span
		want := ""
		if form == SingleB3 {
			want = s.Trace().String() + "-" + tracing.SpanID(s.Id()) + "-0"
		}
		if got := sent.Header.Get("b3"); got != want || len(sent.Header.Values("X-B3-ParentSpanId")) != 0 {
			t.Errorf("b3 is %q, want %q, in %v", got, want, sent.Header)
		}
	}
}

func TestOwnTraceOfTheClientHas128RandomBits(t *testing.T) {
	w := newObservedScope(t)
	rt, sent := responding(200)
	TraceRequest(context.Background(), w.Scope, rt, request(t, "http://host/"))
	s := w.only(t).Span
	if got, want := sent.Header.Get("traceparent"), "00-"+s.Trace().String()+"-"+tracing.SpanID(s.Id())+"-02"; got != want || s.Trace().High() == 0 {
		t.Errorf("traceparent is %q, want %q", got, want)
	}
}

func TestClientSendsTheSamplingDecision(t *testing.T) {
	w := newObservedScope(t)
	rt, sent := responding(200)
	trace := monkit.NewTrace(77)
	tracing.Sample(trace)
	inSpan(w, trace, func(ctx context.Context) { TraceRequest(ctx, w.Scope, rt, request(t, "http://host/")) })
	if got := sent.Header.Get("traceparent"); !strings.HasSuffix(got, "-01") {
		t.Errorf("traceparent is %q", got)
	}
}

// Fault 9 of monkit/v3: the client changed the header of the request, dropped
// its context, and recorded the password and query of its URL.
func TestFaultClientDoesNotChangeTheRequest(t *testing.T) {
	w := newObservedScope(t)
	rt, sent := responding(204)
	req := request(t, "http://user:secret@host:81/path?secret=1#x")
	req.Header = nil
	if _, err := TraceRequest(context.Background(), w.Scope, rt, req); err != nil {
		t.Fatal(err)
	}
	if req.Header != nil {
		t.Errorf("the header of the request is %v", req.Header)
	}
	s := w.only(t).Span
	if monkit.SpanFromCtx(sent.Context()) != s {
		t.Error("the request is not sent in the span")
	}
	for name, want := range map[string]string{
		tracing.Kind: "client", tracing.HTTPMethod: "GET", tracing.HTTPURI: "http://host:81/path", tracing.HTTPStatus: "204", tracing.Peer: "host:81",
	} {
		if got := annotation(s, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := s.Func().FullName(); got != "s.GET" {
		t.Errorf("the function is %s", got)
	}
	req.Header = http.Header{"Baggage": {"a=b"}}
	if _, err := TraceRequest(context.Background(), w.Scope, rt, req); err != nil {
		t.Fatal(err)
	}
	if len(req.Header) != 1 || len(sent.Header) != 2 {
		t.Errorf("the header of the request is %v, sent %v", req.Header, sent.Header)
	}
}

func TestClientAnnotationsAreBounded(t *testing.T) {
	w := newObservedScope(t)
	rt, _ := responding(200)
	long := strings.Repeat("x", 2*maxText)
	TraceRequest(context.Background(), w.Scope, rt, request(t, "http://"+long+"/"+long))
	for _, name := range []string{tracing.HTTPURI, tracing.Peer} {
		if got := len(annotation(w.only(t).Span, name)); got != maxText {
			t.Errorf("%s has %d bytes, want %d", name, got, maxText)
		}
	}
}

func TestPlainURLHasNoSecrets(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"http://user:secret@host:81/a%2Fb?secret#secret", "http://host:81/a%2Fb"},
		{"http://host", "http://host"},
		{"http:opaque?secret", "http:opaque"},
	} {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := plainURL(u); got != tt.want {
			t.Errorf("%s became %s, want %s", tt.url, got, tt.want)
		}
	}
}

func TestClientSpanEndsWithTheResponse(t *testing.T) {
	errGone := errors.New("gone")
	for _, tt := range []struct {
		name   string
		client fakeTransport
		span   error
		err    error
	}{
		{"success", first(responding(200)), nil, nil},
		{"error of the server", first(responding(500)), StatusError(500), nil},
		{"error of the client", first(responding(400)), nil, nil},
		{"no response", func(*http.Request) (*http.Response, error) { return nil, errGone }, errGone, errGone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			resp, err := TraceRequest(context.Background(), w.Scope, tt.client, request(t, "http://host/"))
			if !errors.Is(err, tt.err) || (resp == nil) != (tt.err != nil) {
				t.Errorf("returned %v, %v", resp, err)
			}
			if got := w.only(t); !errors.Is(got.Err, tt.span) || got.Panicked {
				t.Errorf("the span ended with %v", got.Err)
			}
		})
	}
}

func first[A, B any](a A, _ B) A { return a }

func TestRequestIsCanceledWithItsOwnContextOrThePassedOne(t *testing.T) {
	type key struct{}
	for _, tt := range []struct {
		name   string
		own    bool
		cancel func(own, passed context.CancelFunc)
	}{
		{"the one passed", false, func(_, passed context.CancelFunc) { passed() }},
		{"its own", true, func(own, _ context.CancelFunc) { own() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			own, cancelOwn := context.WithCancel(context.WithValue(context.Background(), key{}, "own"))
			defer cancelOwn()
			passed, cancelPassed := context.WithCancel(context.Background())
			defer cancelPassed()
			req := request(t, "http://host/")
			if tt.own {
				req = req.WithContext(own)
			}
			TraceRequest(passed, w.Scope, fakeTransport(func(req *http.Request) (*http.Response, error) {
				ctx := req.Context()
				child, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				tt.cancel(cancelOwn, cancelPassed)
				<-child.Done()
				if ctx.Err() == nil || monkit.SpanFromCtx(child) == nil || tt.own && child.Value(key{}) != "own" {
					t.Errorf("error %v, span %v, value %v", ctx.Err(), monkit.SpanFromCtx(child), child.Value(key{}))
				}
				return nil, ctx.Err()
			}), req)
		})
	}
}

// idleCloser is a transport that counts the calls of CloseIdleConnections.
type idleCloser struct {
	http.RoundTripper
	closed int
}

func (c *idleCloser) CloseIdleConnections() { c.closed++ }

func TestTransportClosesIdleConnectionsOfTheWrappedTransport(t *testing.T) {
	var wrapped idleCloser
	client := &http.Client{Transport: Transport(&wrapped, newObservedScope(t).Scope, TransportOptions{})}
	if client.CloseIdleConnections(); wrapped.closed != 1 {
		t.Errorf("closed %d times, want once", wrapped.closed)
	}
}

func TestTransportWithoutIdleConnectionsCanBeClosed(t *testing.T) {
	client := &http.Client{Transport: Transport(first(responding(200)), newObservedScope(t).Scope, TransportOptions{})}
	client.CloseIdleConnections()
}

func TestClientAndServerShareATrace(t *testing.T) {
	w := newObservedScope(t)
	server := httptest.NewServer(TraceHandler(respond(200), w.Scope))
	client := &http.Client{Transport: Transport(server.Client().Transport, w.Scope, TransportOptions{B3: MultiB3}), Timeout: time.Minute}
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	server.Close() // waits for the handler
	var clientSpan, serverSpan *monkit.Span
	for _, s := range w.spans {
		switch annotation(s.Span, tracing.Kind) {
		case tracing.KindClient:
			clientSpan = s.Span
		case tracing.KindServer:
			serverSpan = s.Span
		}
	}
	if clientSpan == nil || serverSpan == nil {
		t.Fatalf("%d spans", len(w.spans))
	}
	if parent, _ := serverSpan.ParentId(); parent != clientSpan.Id() || serverSpan.Trace().Id() != clientSpan.Trace().Id() {
		t.Errorf("the server's span is below %d of trace %d, want %d and %d",
			parent, serverSpan.Trace().Id(), clientSpan.Id(), clientSpan.Trace().Id())
	}
}

// The values of the context of a request must reach the transport, whether the
// context can be canceled or not.
func TestRequestKeepsItsValues(t *testing.T) {
	type key struct{}
	for name, own := range map[string]context.Context{"can be canceled": t.Context(), "is never canceled": context.Background()} {
		t.Run(name, func(t *testing.T) {
			w := newObservedScope(t)
			rt, sent := responding(200)
			req := request(t, "http://host/").WithContext(context.WithValue(own, key{}, "own"))
			ctx, cancel := context.WithCancel(context.Background())
			TraceRequest(ctx, w.Scope, rt, req)
			got := sent.Context()
			if got.Value(key{}) != "own" || monkit.SpanFromCtx(got) != w.only(t).Span {
				t.Errorf("the value is %v, the span %v", got.Value(key{}), monkit.SpanFromCtx(got))
			}
			cancel()
			if canceled := got.Err() != nil; canceled != (name == "is never canceled") {
				t.Errorf("canceled with the context of the caller: %v", canceled)
			}
		})
	}
}

func TestRequestWithoutURLFails(t *testing.T) {
	w := newObservedScope(t)
	if resp, err := TraceRequest(context.Background(), w.Scope, http.DefaultClient, &http.Request{}); err == nil {
		resp.Body.Close()
		t.Error("no error")
	}
}
