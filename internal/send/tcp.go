package send

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
)

const (
	// A connection that lives for ever never learns of a new address.
	maxLife = 10 * time.Minute
	// lingerTime is how long Close waits for the peer to have everything.
	lingerTime = time.Second
	// The kernel gives a peer up that has not acknowledged for so long.
	userTimeout = 20 * time.Second
)

// Below the idle time of every known NAT and balancer.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// errPeerGone is a connection that ended without saying why.
var errPeerGone = errors.New("the peer closed the connection")

// stream is tcp, tls and unix.
type stream struct {
	ep   endpoint.Endpoint
	opts DialOptions

	ctx    context.Context // ended by Abort
	cancel context.CancelFunc

	dials atomic.Int64

	conn *conn // nil before the first Write and after Reset
}

var (
	_ Stream   = (*stream)(nil)
	_ aborter  = (*stream)(nil)
	_ reporter = (*stream)(nil)
)

func openStream(ep endpoint.Endpoint, o DialOptions) *stream {
	t := &stream{ep: ep, opts: o}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Write sends p over the present connection, or a new one.
func (t *stream) Write(ctx context.Context, p []byte) (int, error) {
	if err := t.connect(ctx); err != nil {
		return 0, err
	}
	if err := t.conn.dead(); err != nil {
		return 0, err
	}
	n, err := t.conn.write(ctx, p)
	if err != nil {
		return n, fmt.Errorf("write: %w", withoutAddress(err))
	}
	return n, nil
}

// connect makes sure of a connection that is neither too old nor, with nothing
// at stake, dead.
func (t *stream) connect(ctx context.Context) error {
	if c := t.conn; c != nil && c.unacked() == 0 {
		if c.dead() != nil {
			t.Reset()
		} else if time.Since(c.born) > maxLife {
			t.conn.linger(t.ctx)
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
	t.conn = newConn(nc, sock)
	return nil
}

// dial returns the connection and the socket below it.
func (t *stream) dial(ctx context.Context) (nc, sock net.Conn, err error) {
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

// dialTCP looks the name up each time and tries what it finds in that order.
func (t *stream) dialTCP(ctx context.Context) (net.Conn, error) {
	host, port, err := net.SplitHostPort(t.ep.Address)
	if err != nil {
		return nil, err
	}
	addrs := []string{host}
	if !isIP(host) {
		if addrs, err = t.opts.Lookup(ctx, host); err != nil {
			return nil, err
		}
	}
	err = fmt.Errorf("lookup %s: no addresses", host)
	d := net.Dialer{KeepAliveConfig: keepAlive, Control: controlTCP}
	for i, addr := range addrs {
		share, cancel := context.WithTimeout(ctx, shareOf(ctx, len(addrs)-i))
		var c net.Conn
		c, err = d.DialContext(share, "tcp", net.JoinHostPort(addr, port))
		cancel()
		if err == nil {
			return c, nil
		}
	}
	return nil, err
}

// shareOf divides what is left of ctx among n attempts.
func shareOf(ctx context.Context, n int) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return dialTimeout
	}
	return time.Until(end) / time.Duration(n)
}

// Unacked refreshes from the kernel what the peer has. What it acknowledges
// behind a RST does not count, since the peer may never have read it.
func (t *stream) Unacked() (int, error) {
	if t.conn == nil {
		return 0, nil
	}
	err := t.conn.dead()
	if !isReset(err) {
		t.conn.refresh()
	}
	n := t.conn.unacked()
	if n == 0 {
		return 0, nil // it may be dead now, but it did what it was for
	}
	return n, err
}

// Reset closes the connection.
func (t *stream) Reset() int {
	n, _ := t.Unacked()
	if t.conn == nil {
		return 0
	}
	t.conn.close()
	t.conn = nil
	return n
}

// Close sends what the kernel still has, for at most a second, and returns
// when nothing of the connection is left.
func (t *stream) Close() error {
	if t.conn != nil {
		t.conn.linger(t.ctx)
		t.Reset()
	}
	t.cancel()
	return nil
}

// Abort makes a Close that is under way, or comes later, immediate.
func (t *stream) Abort() { t.cancel() }

func (t *stream) counts(cb func(field string, val float64)) {
	n := t.dials.Load()
	cb("connects", float64(n))
	cb("reconnects", float64(max(n-1, 0)))
}

// conn is one connection. Only its reader runs beside the owner.
type conn struct {
	net.Conn
	ack  acker
	born time.Time

	written, acked int

	mu   sync.Mutex
	err  error         // guarded by mu; why it is dead
	over chan struct{} // closed by the reader when it returns
}

func newConn(nc, sock net.Conn) *conn {
	_, encrypted := nc.(*tls.Conn)
	c := &conn{Conn: nc, ack: newAcker(sock, encrypted), born: time.Now(), over: make(chan struct{})}
	go c.read()
	return c
}

// read discards what the peer says. Whatever ends it, the connection is dead:
// a write would succeed into nothing.
func (c *conn) read() {
	defer close(c.over)
	_, err := io.Copy(io.Discard, c.Conn)
	if err == nil {
		err = errPeerGone
	}
	c.mu.Lock()
	c.err = withoutAddress(err)
	c.mu.Unlock()
}

func (c *conn) dead() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *conn) write(ctx context.Context, p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	// A time long past wakes a blocked Write.
	stop := context.AfterFunc(ctx, func() { c.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := c.Conn.Write(p)
	c.written += n
	return n, err
}

func (c *conn) unacked() int { return c.written - c.acked }

// refresh asks the kernel what the peer has.
func (c *conn) refresh() int {
	if c.unacked() > 0 {
		c.acked = max(c.acked, c.written-c.ack.unacked(c.unacked()))
	}
	return c.unacked()
}

// linger tells the peer that nothing more comes, and waits until it has all of
// it or closes too.
func (c *conn) linger(ctx context.Context) {
	w, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || c.dead() != nil || ctx.Err() != nil || w.CloseWrite() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	for wait := minPoll; !c.ack.drained(); wait = min(2*wait, maxPoll) {
		select {
		case <-c.over:
			return
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (c *conn) close() {
	c.Conn.Close()
	<-c.over
}

// withoutAddress shortens the errors of net: the destination is named beside
// them anyway.
func withoutAddress(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}
