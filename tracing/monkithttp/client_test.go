package monkithttp

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// roundTrip is a client and a transport that answers by itself.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(req *http.Request) (*http.Response, error)        { return f(req) }
func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering returns a roundTrip and what it was asked.
func answering(status int) (roundTrip, *http.Request) {
	asked := new(http.Request)
	return func(req *http.Request) (*http.Response, error) {
		*asked = *req
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	}, asked
}

func request(t *testing.T, target string) *http.Request {
	t.Helper()
	req, err := http.NewRequest("", target, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestClientTellsOfItsSpan(t *testing.T) {
	for _, tt := range []struct {
		name   string
		high   uint64
		origin tracing.Origin
		opts   TransportOptions
		want   map[string]string // %s is the id of the client's span, %p of its parent
	}{
		{"trace of 64 bits", 0, tracing.Origin{}, TransportOptions{}, map[string]string{
			"traceparent": "00-0000000000000000000000000000004d-%s-00", "tracestate": "", "b3": "", "baggage": "a=b"}},
		{"trace from elsewhere", 0xa, tracing.Origin{Random: true, State: "x=1", Baggage: map[string]string{"k": "v"}}, TransportOptions{},
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
			w := newWorld(t)
			rt, asked := answering(200)
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
				if got := strings.Join(asked.Header.Values(name), ","); got != ids.Replace(want) {
					t.Errorf("%s is %q, want %q", name, got, ids.Replace(want))
				}
			}
		})
	}
}

// A trace that begins here has an id of 128 random bits.
func TestClientTellsOfItsOwnTrace(t *testing.T) {
	w := newWorld(t)
	rt, asked := answering(200)
	TraceRequest(context.Background(), w.Scope, rt, request(t, "http://host/"))
	s := w.only(t).Span
	if got, want := asked.Header.Get("traceparent"), "00-"+s.Trace().String()+"-"+tracing.SpanID(s.Id())+"-02"; got != want || s.Trace().High() == 0 {
		t.Errorf("traceparent is %q, want %q", got, want)
	}
}

func TestClientTellsThatItIsSampled(t *testing.T) {
	w := newWorld(t)
	rt, asked := answering(200)
	trace := monkit.NewTrace(77)
	tracing.Sample(trace)
	inSpan(w, trace, func(ctx context.Context) { TraceRequest(ctx, w.Scope, rt, request(t, "http://host/")) })
	if got := asked.Header.Get("traceparent"); !strings.HasSuffix(got, "-01") {
		t.Errorf("traceparent is %q", got)
	}
}

// Fault 9 of the library this one succeeds: the client changed the caller's
// header, left its context behind, and showed what is secret in an address.
func TestFaultClientLeavesTheRequest(t *testing.T) {
	w := newWorld(t)
	rt, asked := answering(204)
	req := request(t, "http://user:secret@host:81/path?secret=1#x")
	req.Header = nil
	if _, err := TraceRequest(context.Background(), w.Scope, rt, req); err != nil {
		t.Fatal(err)
	}
	if req.Header != nil {
		t.Errorf("the caller's header is %v", req.Header)
	}
	s := w.only(t).Span
	if monkit.SpanFromCtx(asked.Context()) != s {
		t.Error("the request does not run in the span")
	}
	for name, want := range map[string]string{
		tracing.Kind: "client", tracing.HTTPMethod: "GET", tracing.HTTPURI: "http://host:81/path", tracing.HTTPStatus: "204", tracing.Peer: "host:81",
	} {
		if got := note(s, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := s.Func().FullName(); got != "s.GET" {
		t.Errorf("the function is %s", got)
	}
}

func TestClientEndsAsItsAnswer(t *testing.T) {
	errGone := errors.New("gone")
	for _, tt := range []struct {
		name   string
		client roundTrip
		span   error
		err    error
	}{
		{"fine", first(answering(200)), nil, nil},
		{"their fault", first(answering(500)), StatusError(500), nil},
		{"our fault", first(answering(400)), nil, nil},
		{"no answer", func(*http.Request) (*http.Response, error) { return nil, errGone }, errGone, errGone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
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

func TestRequestEndsWithItsOwnContext(t *testing.T) {
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
			w := newWorld(t)
			own, cancelOwn := context.WithCancel(context.WithValue(context.Background(), key{}, "own"))
			defer cancelOwn()
			passed, cancelPassed := context.WithCancel(context.Background())
			defer cancelPassed()
			req := request(t, "http://host/")
			if tt.own {
				req = req.WithContext(own)
			}
			TraceRequest(passed, w.Scope, roundTrip(func(req *http.Request) (*http.Response, error) {
				ctx := req.Context()
				child, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				tt.cancel(cancelOwn, cancelPassed)
				<-child.Done()
				if ctx.Err() == nil || monkit.SpanFromCtx(child) == nil || tt.own && child.Value(key{}) != "own" {
					t.Error("the context lacks something")
				}
				return nil, ctx.Err()
			}), req)
		})
	}
}

func TestTransportKeepsIdleConnectionsClosable(t *testing.T) {
	client := &http.Client{Transport: Transport(nil, newWorld(t).Scope, TransportOptions{})}
	client.CloseIdleConnections()
	(&transport{next: first(answering(200))}).CloseIdleConnections()
}

func TestClientAndServerShareATrace(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(TraceHandler(answer(200), w.Scope))
	client := &http.Client{Transport: Transport(server.Client().Transport, w.Scope, TransportOptions{B3: MultiB3}), Timeout: time.Minute}
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	server.Close() // waits for the handler
	var clientSpan, serverSpan *monkit.Span
	for _, s := range w.spans {
		switch note(s.Span, tracing.Kind) {
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

// What a request carries reaches the transport, be it that it can be ended or
// not.
func TestRequestKeepsItsValues(t *testing.T) {
	type key struct{}
	for name, own := range map[string]context.Context{"may end": t.Context(), "never ends": context.Background()} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			rt, asked := answering(200)
			req := request(t, "http://host/").WithContext(context.WithValue(own, key{}, "own"))
			ctx, cancel := context.WithCancel(context.Background())
			TraceRequest(ctx, w.Scope, rt, req)
			got := asked.Context()
			if got.Value(key{}) != "own" || monkit.SpanFromCtx(got) != w.only(t).Span {
				t.Errorf("the value is %v, the span %v", got.Value(key{}), monkit.SpanFromCtx(got))
			}
			cancel()
			if ended := got.Err() != nil; ended != (name == "never ends") {
				t.Errorf("ended with the caller: %v", ended)
			}
		})
	}
}

func TestRequestWithoutAddressFails(t *testing.T) {
	w := newWorld(t)
	if resp, err := TraceRequest(context.Background(), w.Scope, http.DefaultClient, &http.Request{}); err == nil {
		resp.Body.Close()
		t.Error("no error")
	}
}
