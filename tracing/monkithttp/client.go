package monkithttp

import (
	"context"
	"net/http"
	"net/url"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Client is what is wanted of http.Client.
type Client interface {
	Do(req *http.Request) (*http.Response, error)
}

// TransportOptions tune a Transport. The zero value works.
type TransportOptions struct {
	// Baggage is the names of what callees are told of the baggage that the
	// trace came with.
	Baggage []string
	// B3 adds headers for callees that do not know those of W3C.
	B3 B3
}

// TraceRequest does req in a span of scope named after its method, and tells
// the callee of the span. req stays as it is. The request ends with the
// context that it has, or with ctx if that one never ends.
func TraceRequest(ctx context.Context, scope *monkit.Scope, cl Client, req *http.Request) (resp *http.Response, err error) {
	return do(ctx, scope, TransportOptions{}, req, cl.Do)
}

// Transport returns a http.RoundTripper that does what TraceRequest does with
// all requests. Nil is http.DefaultTransport.
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
	return do(req.Context(), t.scope, t.opts, req, t.next.RoundTrip)
}

// CloseIdleConnections is for http.Client's.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func do(ctx context.Context, scope *monkit.Scope, o TransportOptions, req *http.Request,
	next func(*http.Request) (*http.Response, error)) (resp *http.Response, err error) {
	var failure error // of the span; a status is no error of ours
	defer scope.FuncNamed(methodOf(req)).Task(&ctx)(&failure)
	s := monkit.SpanFromCtx(ctx)
	annotateRequest(s, tracing.KindClient, req)
	if req.URL != nil { // else the request fails below
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
		failure = err
		return resp, err
	}
	s.AnnotateValue(tracing.HTTPStatus, resp.StatusCode)
	failure = statusError(resp.StatusCode)
	return resp, nil
}

func methodOf(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// contextFor returns the context of req inside the span of ctx.
func contextFor(ctx context.Context, req *http.Request) context.Context {
	own := req.Context()
	if own.Done() == nil {
		return within{ctx, ctx, own}
	}
	return within{own, ctx, own}
}

// within is a context that ends with one, and has the values of two.
type within struct {
	context.Context
	first, second context.Context
}

func (w within) Value(key any) any {
	if val := w.first.Value(key); val != nil {
		return val
	}
	return w.second.Value(key)
}

// AfterFunc spares package context a goroutine for each request.
func (w within) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(w.Context, f) }

// plainURL is u without what may be secret.
func plainURL(u *url.URL) string {
	plain := url.URL{Scheme: u.Scheme, Opaque: u.Opaque, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return plain.String()
}

// inject tells of s in h. What the caller has set of baggage stays.
func inject(h http.Header, s *monkit.Span, o TransportOptions) {
	h.Del("tracestate") // another caller's, if any
	setIDs(h, s, o.B3)
	if text := passedOn(s, o.Baggage); text != "" {
		h.Add("baggage", text)
	}
}
