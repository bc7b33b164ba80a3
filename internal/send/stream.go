package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
)

const (
	// maxConnAge bounds the age of a connection. Load balancers get a chance to
	// choose another server then.
	maxConnAge = 10 * time.Minute
	// drainTime is how long a connection whose address the name no longer has
	// may take until the peer has everything.
	drainTime = 5 * time.Second
	// lingerTime is how long Finish waits until the peer has read everything.
	lingerTime = time.Second
)

// keepAlive sends probes sooner than any known NAT or load balancer ends an
// idle connection.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// errMoved is why a connection is given up that did not drain in time.
var errMoved = errors.New("the server has another address or socket now")

// streamTransport is the Stream for tcp, tls and unix. It has one connection at
// a time. One goroutine at a time calls its methods, except Abort and stats,
// which any goroutine may call at any time.
type streamTransport struct {
	ep       endpoint.Endpoint
	opts     DialOptions
	limits   limits
	resolver *resolver // nil for unix

	ctx    context.Context // ended by Abort; Close does not wait then
	cancel context.CancelFunc
	dials  atomic.Int64

	conn *streamConn // nil before the first Write and after Reset; owned by the goroutine that calls Write
}

var (
	_ Stream    = (*streamTransport)(nil)
	_ tryWriter = (*streamTransport)(nil)
	_ aborter   = (*streamTransport)(nil)
	_ statser   = (*streamTransport)(nil)
)

// newStreamTransport returns a transport that closes r, which is nil for unix.
func newStreamTransport(ep endpoint.Endpoint, o DialOptions, r *resolver) *streamTransport {
	t := &streamTransport{ep: ep, opts: o, limits: defaultLimits, resolver: r}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Write implements Stream. It connects if there is no connection, and blocks as
// long as the peer takes bytes, or until ctx ends. It returns the error of a
// connection that failed since the last call, and dials again only after Reset:
// what the peer's system had acknowledged may be lost. It does dial again after
// the peer closed the connection in order and has everything.
func (t *streamTransport) Write(ctx context.Context, p []byte) (int, error) {
	if err := t.connect(ctx); err != nil {
		return 0, err
	}
	n, err := t.conn.write(ctx, p)
	if err != nil {
		return n, fmt.Errorf("write: %w", withoutAddress(err))
	}
	return n, nil
}

// CanTry implements tryWriter. It reports false for tls, where a record that was
// written in part could not be completed by another call.
func (t *streamTransport) CanTry() bool {
	c := t.conn
	return c != nil && c.Conn == net.Conn(c.progress) && c.buffer.canTry() && c.deadErr() == nil && !c.hasMoved() && time.Since(c.born) <= maxConnAge
}

// TryWrite implements tryWriter.
func (t *streamTransport) TryWrite(p []byte) int {
	n := t.conn.tryWrite(p)
	if n > 0 {
		t.conn.unfinished = n < len(p)
	}
	return n
}

// connect dials if there is no connection, or if retire has closed it.
func (t *streamTransport) connect(ctx context.Context) error {
	if t.conn != nil {
		if err := t.retire(ctx); err != nil {
			return err
		}
	}
	if t.conn != nil {
		return nil
	}
	c, err := t.dial(ctx)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	t.dials.Add(1)
	t.conn = c
	return nil
}

// retire closes a connection that the peer closed, that is too old, or whose
// address the name no longer has, once the peer has everything. It returns an
// error if the connection failed, or must be given up before. One that has a part
// of a chunk must get the rest, or fail.
func (t *streamTransport) retire(ctx context.Context) error {
	c := t.conn
	if c.unfinished {
		return c.deadErr()
	}
	moved := c.hasMoved()
	if c.deadErr() == nil && !moved && time.Since(c.born) <= maxConnAge {
		return nil
	}
	n, err := c.state()
	switch {
	case err != nil:
		return err
	case c.deadErr() != nil:
		t.disconnect()
		return nil
	case moved:
		if err := c.drain(ctx); err != nil {
			return err
		}
	case n > 0:
		return nil // it is only old, and is replaced when it has nothing to lose
	}
	return t.Finish()
}

// dial returns a new connection, which is started.
func (t *streamTransport) dial(ctx context.Context) (*streamConn, error) {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	if err := t.opts.files.check(); err != nil {
		return nil, err
	}
	var watch *pathWatch
	if t.ep.IsPath() {
		watch = watchPath(t.ep.Address)
	}
	sock, addr, err := t.dialSocket(ctx)
	if err != nil {
		return nil, err
	}
	encrypted := t.ep.Transport == endpoint.TLS
	c := newStreamConn(sock, addr, t.resolver, encrypted, t.limits)
	c.watch = watch
	if encrypted {
		if err := c.secure(ctx, t.opts.TLS); err != nil {
			t.resolver.failed(addr)
			return nil, err
		}
	}
	c.start()
	return c, nil
}

func (t *streamTransport) dialSocket(ctx context.Context) (sock net.Conn, addr string, err error) {
	if t.resolver == nil {
		sock, err = new(net.Dialer).DialContext(ctx, "unix", t.ep.Address)
		return sock, t.ep.Address, err
	}
	return t.resolver.dial(ctx, &net.Dialer{KeepAliveConfig: keepAlive}, "tcp")
}

// Unacked implements Stream. It returns an error if the connection failed, even
// if n is zero: what the peer's system acknowledged, the peer may not have read.
// That the peer closed the connection in order is no error if n is zero. On
// Linux it asks the kernel; elsewhere every byte that was written counts as
// acknowledged.
func (t *streamTransport) Unacked() (n int, err error) {
	if t.conn == nil {
		return 0, nil
	}
	return t.conn.state()
}

// Reset implements Stream. It has the system discard what the peer does not
// have, so that it is not delivered besides being sent again. What a unix socket
// has taken stays for the peer to read.
func (t *streamTransport) Reset() int {
	if t.conn == nil {
		return 0
	}
	n, err := t.conn.state()
	if n == 0 && err == nil {
		t.disconnect()
		return 0
	}
	if t.resolver != nil && err != errMoved {
		t.resolver.failed(t.conn.addr)
	}
	t.conn.abort()
	t.conn = nil
	return n
}

func (t *streamTransport) disconnect() {
	t.conn.close()
	t.conn = nil
}

// Finish implements Stream. It waits until the peer has closed its direction in
// turn, for at most lingerTime and not after Abort. The kernel goes on sending
// after that.
func (t *streamTransport) Finish() error {
	if t.conn == nil {
		return nil
	}
	t.conn.linger(t.ctx)
	if _, err := t.conn.state(); err != nil {
		return err
	}
	t.disconnect()
	return nil
}

// Close is Finish, and returns when the lookups have ended as well.
func (t *streamTransport) Close() error {
	err := t.Finish()
	if t.conn != nil {
		t.disconnect()
	}
	t.cancel()
	if t.resolver != nil {
		t.resolver.close()
	}
	return err
}

// Abort ends the wait of a present or later Finish or Close.
func (t *streamTransport) Abort() { t.cancel() }

func (t *streamTransport) stats(cb func(field string, val float64)) {
	n := t.dials.Load()
	cb("connects", float64(n))
	cb("reconnects", float64(max(n-1, 0)))
	t.resolver.stats(cb)
}
