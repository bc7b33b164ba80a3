package send

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
)

const (
	// maxConnAge bounds the age of a connection. One without a bound would still
	// use an old address long after its name has a new one.
	maxConnAge = 10 * time.Minute
	// lingerTime is how long Close waits until the peer has everything.
	lingerTime = time.Second
	// userTimeout is after how long without an acknowledgement the kernel ends
	// a connection.
	userTimeout = 20 * time.Second
)

// keepAlive sends probes sooner than any known NAT or load balancer ends an
// idle connection.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// streamTransport is the Stream for tcp, tls and unix. It has one connection at
// a time. The goroutine of the Sender calls its methods, except Abort and stats,
// which any goroutine may call.
type streamTransport struct {
	ep   endpoint.Endpoint
	opts DialOptions

	ctx    context.Context // ended by Abort; Close does not wait then
	cancel context.CancelFunc
	dials  atomic.Int64

	conn *streamConn // nil before the first Write and after Reset; owned by the Sender's goroutine
}

var (
	_ Stream  = (*streamTransport)(nil)
	_ aborter = (*streamTransport)(nil)
	_ statser = (*streamTransport)(nil)
)

func newStreamTransport(ep endpoint.Endpoint, o DialOptions) *streamTransport {
	t := &streamTransport{ep: ep, opts: o}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Write implements Stream.
func (t *streamTransport) Write(ctx context.Context, p []byte) (int, error) {
	if err := t.connect(ctx); err != nil {
		return 0, err
	}
	if err := t.conn.deadErr(); err != nil {
		return 0, err
	}
	n, err := t.conn.write(ctx, p)
	if err != nil {
		return n, fmt.Errorf("write: %w", withoutAddress(err))
	}
	return n, nil
}

// connect dials if there is no connection. If all bytes are acknowledged, it
// first closes a connection that is dead or too old, which loses nothing.
func (t *streamTransport) connect(ctx context.Context) error {
	if c := t.conn; c != nil && c.unacked() == 0 {
		if c.deadErr() != nil {
			t.Reset()
		} else if time.Since(c.born) > maxConnAge {
			c.linger(t.ctx)
			t.Reset()
		}
	}
	if t.conn != nil {
		return nil
	}
	nc, sock, err := t.dial(ctx)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	t.dials.Add(1)
	t.conn = newStreamConn(nc, sock)
	return nil
}

// dial returns a connection and its socket, which differ for tls.
func (t *streamTransport) dial(ctx context.Context) (nc, sock net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	if t.ep.Transport == endpoint.Unix {
		nc, err = new(net.Dialer).DialContext(ctx, "unix", t.ep.Address)
		return nc, nc, err
	}
	if sock, err = t.dialTCP(ctx); err != nil {
		return nil, nil, err
	}
	if t.ep.Transport == endpoint.TCP {
		return sock, sock, nil
	}
	c := tls.Client(sock, t.opts.TLS)
	if err := c.HandshakeContext(ctx); err != nil {
		sock.Close()
		return nil, nil, err
	}
	return c, sock, nil
}

// dialTCP resolves the name for each dial, and tries its addresses in order.
func (t *streamTransport) dialTCP(ctx context.Context) (net.Conn, error) {
	host, port, err := net.SplitHostPort(t.ep.Address)
	if err != nil {
		return nil, err
	}
	addrs, err := t.opts.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	err = fmt.Errorf("lookup %s: no addresses", host)
	d := net.Dialer{KeepAliveConfig: keepAlive, Control: controlTCP}
	for i, addr := range addrs {
		attempt, cancel := context.WithTimeout(ctx, timePerAttempt(ctx, len(addrs)-i))
		var c net.Conn
		c, err = d.DialContext(attempt, "tcp", net.JoinHostPort(addr, port))
		cancel()
		if err == nil {
			return c, nil
		}
	}
	return nil, err
}

// timePerAttempt divides the time until the deadline of ctx by n.
func timePerAttempt(ctx context.Context, n int) time.Duration {
	end, _ := ctx.Deadline() // dial has set one
	return time.Until(end) / time.Duration(n)
}

// Unacked implements Stream. It asks the kernel, but not after a RST: what was
// acknowledged before that may not have been read.
func (t *streamTransport) Unacked() (int, error) {
	if t.conn == nil {
		return 0, nil
	}
	err := t.conn.deadErr()
	if !isReset(err) {
		t.conn.refresh()
	}
	n := t.conn.unacked()
	if n == 0 {
		return 0, nil // even if it is dead, the peer has everything
	}
	return n, err
}

// Reset implements Stream.
func (t *streamTransport) Reset() int {
	n, _ := t.Unacked()
	if t.conn == nil {
		return 0
	}
	t.conn.close()
	t.conn = nil
	return n
}

// Close waits until the peer has what the kernel still holds, for at most
// lingerTime and not after Abort. It returns when the connection is closed.
func (t *streamTransport) Close() error {
	if t.conn != nil {
		t.conn.linger(t.ctx)
		t.Reset()
	}
	t.cancel()
	return nil
}

// Abort ends the wait of a present or later Close.
func (t *streamTransport) Abort() { t.cancel() }

func (t *streamTransport) stats(cb func(field string, val float64)) {
	n := t.dials.Load()
	cb("connects", float64(n))
	cb("reconnects", float64(max(n-1, 0)))
}
