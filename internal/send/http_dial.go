package send

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// httpDialer makes the connections of one httpTransport, and has net/http close
// them when their address left those of the name. A request that is under way
// ends first.
//
// It resolves the host that net/http dials: that of the URL, or of a proxy. The
// name in the URL stays that of the header Host, and of the certificate.
type httpDialer struct {
	opts      DialOptions
	url       *url.URL // of the server
	unasked   unaskedAnswers
	sent      sentSecrets // of the newest request
	authorize *headerHook
	next      *http.Transport
	dials     atomic.Int64 // that succeeded

	mu       sync.Mutex
	closed   bool           // guarded by mu
	address  string         // guarded by mu; host:port of resolver
	resolver *resolver      // guarded by mu; nil before the first dial
	open     map[string]int // guarded by mu; number of connections by address
	last     string         // guarded by mu; the address of the last connection

	changes, lookupErrors int64 // guarded by mu; of resolvers before the present one
}

var _ http.RoundTripper = (*httpDialer)(nil)

func newHTTPDialer(u *url.URL, o DialOptions) *httpDialer {
	d := &httpDialer{
		opts: o, url: u,
		authorize: newHeaderHook("the function that returns credentials", o.Authorize), open: map[string]int{},
	}
	d.next = &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         d.dial,
		DialTLSContext:      d.dialTLS,
		TLSClientConfig:     o.TLS,
		TLSHandshakeTimeout: o.Timeout,
		MaxIdleConnsPerHost: 1,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true,

		ReadBufferSize:         httpReadBuffer,
		MaxResponseHeaderBytes: maxHeader,
	}
	return d
}

// RoundTrip implements http.RoundTripper. It authorizes the request, and closes
// connections to addresses that the name no longer has before it sends it.
func (d *httpDialer) RoundTrip(req *http.Request) (*http.Response, error) {
	if d.hasMoved() {
		d.next.CloseIdleConnections()
	}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), traceAnswers()))
	if d.authorize.f != nil {
		req = req.Clone(req.Context()) // a RoundTripper must not change the request
		var err error
		if req.Header, err = d.authorize.call(req.Context(), req.Header); err != nil {
			return nil, unsent(err)
		}
	}
	d.sent.remember(req)
	resp, err := d.next.RoundTrip(req)
	if err != nil && !isUnsent(err) && !errors.Is(err, context.Canceled) {
		d.requestFailed()
	}
	return resp, err
}

// unsent returns err as the error of a request of which no byte was sent.
func unsent(err error) error {
	if isUnsent(err) {
		return err
	}
	return &net.OpError{Op: "dial", Err: err}
}

func isUnsent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// dial connects to address, which is host:port of the server, or of a proxy. For
// an https server behind a proxy, net/http adds TLS.
func (d *httpDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.dialTCP(ctx, network, address)
	if err != nil || d.url.Scheme == "https" {
		return c, err
	}
	return newAnswerConn(c, d.addUnasked), nil
}

// dialTLS connects to address, which is host:port of an https server, or of a
// proxy that is reached by https.
func (d *httpDialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.dialTCP(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := d.opts.TLS.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address) // it was dialed, so it has a port
	}
	https, direct := d.url.Scheme == "https", d.isDirect()
	if https && direct {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	secure := tls.Client(c, config)
	ctx, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		c.Close() // no request was written, so that nothing is lost
		return nil, err
	}
	if https && !direct || secure.ConnectionState().NegotiatedProtocol == "h2" {
		return secure, nil // net/http adds TLS of the server, or HTTP/2
	}
	return newAnswerConn(secure, d.addUnasked), nil
}

// addUnasked counts an answer with that start that no request asked for.
func (d *httpDialer) addUnasked(start string) { d.unasked.add(d.sent.mask(start)) }

// isDirect reports whether there is no proxy before the server.
func (d *httpDialer) isDirect() bool {
	proxy, err := d.next.Proxy(&http.Request{URL: d.url})
	return proxy == nil && err == nil
}

// dialTCP connects to address, which is host:port.
func (d *httpDialer) dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	defer cancel()
	if err := d.opts.files.check(); err != nil {
		return nil, unsent(err)
	}
	r, err := d.resolverFor(address)
	if err != nil {
		return nil, unsent(err)
	}
	c, addr, err := r.dial(ctx, &net.Dialer{KeepAliveConfig: keepAlive}, network)
	if err != nil {
		return nil, unsent(err)
	}
	d.dials.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[addr]++
	d.last = addr
	return &httpConn{Conn: c, closed: sync.OnceFunc(func() { d.connClosed(addr) })}, nil
}

// resolverFor returns the resolver for address. A destination has one address,
// or one proxy, so that a second resolver is made only if the proxy changes.
func (d *httpDialer) resolverFor(address string) (*resolver, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, net.ErrClosed
	}
	if d.address == address {
		return d.resolver, nil
	}
	r, err := newResolver(address, d.opts)
	if err != nil {
		return nil, err
	}
	if old := d.resolver; old != nil {
		old.close()
		d.changes += old.changes.Load()
		d.lookupErrors += old.lookupErrors.Load()
	}
	d.address, d.resolver = address, r
	return r, nil
}

// hasMoved reports whether a connection is open to an address that the name no
// longer has.
func (d *httpDialer) hasMoved() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.resolver == nil {
		return false
	}
	d.resolver.touch()
	for addr := range d.open {
		if !d.resolver.contains(addr) {
			return true
		}
	}
	return false
}

// requestFailed has the next connection made to the next address.
func (d *httpDialer) requestFailed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.resolver != nil {
		d.resolver.failed(d.last)
	}
}

func (d *httpDialer) connClosed(addr string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[addr]--; d.open[addr] == 0 {
		delete(d.open, addr)
	}
}

// close closes idle connections, and ends and joins the lookups.
func (d *httpDialer) close() {
	d.next.CloseIdleConnections()
	d.mu.Lock()
	r := d.resolver
	d.closed = true
	d.mu.Unlock()
	if r != nil {
		r.close()
	}
}

func (d *httpDialer) stats(cb func(field string, val float64)) {
	d.mu.Lock()
	changes, lookupErrors := d.changes, d.lookupErrors
	if d.resolver != nil {
		changes += d.resolver.changes.Load()
		lookupErrors += d.resolver.lookupErrors.Load()
	}
	d.mu.Unlock()
	cb("reconnects", float64(max(d.dials.Load()-1, 0)))
	cb("dns_changes", float64(changes))
	cb("lookup_errors", float64(lookupErrors))
	cb("unasked_answers", float64(d.unasked.count.Load()))
}

// httpConn is a connection that reports when it is closed.
type httpConn struct {
	net.Conn
	closed func()
}

// Close implements net.Conn.
func (c *httpConn) Close() error {
	c.closed()
	return c.Conn.Close()
}
