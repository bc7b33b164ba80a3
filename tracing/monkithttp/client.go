package monkithttp

import (
	"context"
	"net/http"
	"net/url"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Client is the part of http.Client that TraceRequest needs.
type Client interface {
	Do(req *http.Request) (*http.Response, error)
}

// TransportOptions configure a Transport. The zero value works.
type TransportOptions struct {
	// Baggage lists the names of the baggage that requests pass on. Nil passes
	// on none.
	Baggage []string
	// B3 adds headers for servers that do not read those of W3C.
	B3 B3
}

// TraceRequest sends req by cl, in a span of scope that is named after the
// method. The headers that it sends identify the span as the parent; req itself
// is not changed. The request is canceled with its own context, or with ctx if
// its own context is never canceled.
func TraceRequest(ctx context.Context, scope *monkit.Scope, cl Client, req *http.Request) (resp *http.Response, err error) {
	return tracedRoundTrip(ctx, scope, TransportOptions{}, req, cl.Do)
}

// Transport returns a http.RoundTripper that sends all requests by rt, as
// TraceRequest does. A nil rt means http.DefaultTransport.
func Transport(rt http.RoundTripper, scope *monkit.Scope, o TransportOptions) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	return &transport{rt, scope, o}
}

type transport struct {
	next  http.RoundTripper
	scope *monkit.Scope
	opts  TransportOptions
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return tracedRoundTrip(req.Context(), t.scope, t.opts, req, t.next.RoundTrip)
}

// CloseIdleConnections closes the idle connections of the wrapped transport.
// http.Client.CloseIdleConnections calls it.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// tracedRoundTrip sends req by next, in a span.
func tracedRoundTrip(ctx context.Context, scope *monkit.Scope, o TransportOptions, req *http.Request,
	next func(*http.Request) (*http.Response, error)) (resp *http.Response, err error) {
	var spanErr error // includes a bad status, which err does not
	defer scope.FuncNamed(methodOf(req)).Task(&ctx)(&spanErr)
	s := monkit.SpanFromCtx(ctx)
	annotateRequest(s, tracing.KindClient, req)
	if req.URL != nil { // next fails without a URL
		s.Annotate(tracing.HTTPURI, bounded(plainURL(req.URL)))
		s.Annotate(tracing.Peer, bounded(req.URL.Host))
	}
	req = req.WithContext(contextFor(ctx, req))
	req.Header = req.Header.Clone()
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	inject(req.Header, s, o)
	if resp, err = next(req); err != nil {
		spanErr = err
		return resp, err
	}
	s.AnnotateValue(tracing.HTTPStatus, resp.StatusCode)
	spanErr = statusError(resp.StatusCode)
	return resp, nil
}

func methodOf(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// contextFor returns the context for sending req inside the span of ctx.
func contextFor(ctx context.Context, req *http.Request) context.Context {
	own := req.Context()
	if own.Done() == nil {
		return valuesContext{ctx, ctx, own}
	}
	return valuesContext{own, ctx, own}
}

// valuesContext is a context with the values of two contexts.
type valuesContext struct {
	context.Context // for cancellation
	first, second   context.Context
}

func (c valuesContext) Value(key any) any {
	if val := c.first.Value(key); val != nil {
		return val
	}
	return c.second.Value(key)
}

// AfterFunc is looked up by package context, which without it would start a
// goroutine for each request.
func (c valuesContext) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(c.Context, f)
}

// plainURL returns u without the user, password, query and fragment, which may
// be secret.
func plainURL(u *url.URL) string {
	plain := url.URL{Scheme: u.Scheme, Opaque: u.Opaque, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return plain.String()
}

// inject writes the trace context of s into h. Unlike Inject, it keeps baggage
// that the program has set.
func inject(h http.Header, s *monkit.Span, o TransportOptions) {
	h.Del("tracestate") // req may have that of another trace
	setIDs(h, s, o.B3)
	if text := propagatedBaggage(s, o.Baggage); text != "" {
		h.Add("baggage", text)
	}
}
