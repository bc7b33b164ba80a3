package send

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
)

const (
	// lookupInterval is the time after which a name is resolved again.
	lookupInterval = 30 * time.Second
	// refusedInterval is the same while datagrams are refused.
	refusedInterval = time.Second
	// unixgramTimeout is how long a write waits for a receiver whose queue is
	// full.
	unixgramTimeout = 100 * time.Millisecond
)

// datagramTransport is the Messenger for udp and unixgram. Each payload is one
// datagram, and is delivered when the local system took it. No datagram is sent
// twice: an error of the socket is about an earlier datagram, or means that
// this one was not sent.
//
// The goroutine of the Sender calls its methods, except stats. Lookups run in
// goroutines of their own.
type datagramTransport struct {
	ep   endpoint.Endpoint
	opts DialOptions

	ctx     context.Context // of lookups; ended by Close
	cancel  context.CancelFunc
	lookups sync.WaitGroup

	dials, refused, dnsChanges, lookupErrors atomic.Int64

	mu       sync.Mutex
	resolved []string // guarded by mu; the result of the last lookup; nil once it was used

	conn       net.Conn  // nil before the first Deliver; owned by the Sender's goroutine, as all below
	addrs      []string  // the addresses of the name when conn was dialed
	lookedUpAt time.Time // when the last lookup began
}

var (
	_ Messenger = (*datagramTransport)(nil)
	_ statser   = (*datagramTransport)(nil)
)

func newDatagramTransport(ep endpoint.Endpoint, o DialOptions) *datagramTransport {
	t := &datagramTransport{ep: ep, opts: o}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Deliver sends payload as one datagram.
func (t *datagramTransport) Deliver(ctx context.Context, payload []byte) error {
	if len(payload) > t.opts.MaxDatagram {
		return Oversize(fmt.Errorf("a payload of %d bytes, the limit of a datagram is %d", len(payload), t.opts.MaxDatagram))
	}
	if err := t.connect(ctx); err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	err := t.write(payload)
	switch {
	case err == nil:
		return nil
	case isTooLong(err):
		return Oversize(fmt.Errorf("a payload of %d bytes: %w", len(payload), withoutAddress(err)))
	case t.ep.Transport == endpoint.Unixgram && isStale(err):
		t.disconnect()
	}
	return fmt.Errorf("write: %w", withoutAddress(err))
}

// write sends one datagram. If a socket of udp returns that the connection was
// refused, an earlier datagram was, and this one was not sent. write tries again
// then: a statsd server may have started since.
func (t *datagramTransport) write(payload []byte) (err error) {
	for range 3 {
		if t.ep.Transport == endpoint.Unixgram {
			t.conn.SetWriteDeadline(time.Now().Add(unixgramTimeout))
		}
		if _, err = t.conn.Write(payload); err == nil || !isRefused(err) || t.ep.Transport != endpoint.UDP {
			return err
		}
		t.refused.Add(1)
		t.startLookup(refusedInterval)
	}
	return err
}

// connect dials if there is no socket. It replaces a socket of udp when the
// name has other addresses than before.
func (t *datagramTransport) connect(ctx context.Context) error {
	if t.ep.Transport == endpoint.Unixgram {
		return t.connectPath(ctx)
	}
	if t.conn == nil {
		return t.connectName(ctx)
	}
	t.startLookup(lookupInterval)
	if addrs := t.takeResolved(); addrs != nil && !sameSet(addrs, t.addrs) {
		if conn, err := t.dialFirst(ctx, addrs); err == nil {
			t.conn.Close()
			t.conn, t.addrs = conn, addrs
			t.dnsChanges.Add(1)
		}
	}
	return nil
}

// connectPath dials a unixgram socket if there is no connection.
func (t *datagramTransport) connectPath(ctx context.Context) (err error) {
	if t.conn != nil {
		return nil
	}
	t.conn, err = new(net.Dialer).DialContext(ctx, "unixgram", t.ep.Address)
	if err == nil {
		t.dials.Add(1)
	}
	return err
}

// connectName resolves the name and dials, for the first datagram.
func (t *datagramTransport) connectName(ctx context.Context) error {
	host, _, err := net.SplitHostPort(t.ep.Address)
	if err != nil {
		return err
	}
	lookup, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	addrs, err := t.opts.resolve(lookup, host)
	if err != nil {
		return err
	}
	conn, err := t.dialFirst(ctx, addrs)
	if err != nil {
		return err
	}
	t.conn, t.addrs, t.lookedUpAt = conn, addrs, time.Now()
	return nil
}

// dialFirst returns a socket to the first address that can be dialed.
func (t *datagramTransport) dialFirst(ctx context.Context, addrs []string) (conn net.Conn, err error) {
	_, port, err := net.SplitHostPort(t.ep.Address)
	if err != nil {
		return nil, err
	}
	err = fmt.Errorf("lookup %s: no addresses", t.ep.Address)
	for _, addr := range addrs {
		if conn, err = new(net.Dialer).DialContext(ctx, "udp", net.JoinHostPort(addr, port)); err == nil {
			t.dials.Add(1)
			return conn, nil
		}
	}
	return nil, err
}

// startLookup resolves the name in the background, unless the last lookup began
// less than interval ago. It never blocks a datagram.
func (t *datagramTransport) startLookup(interval time.Duration) {
	host, _, err := net.SplitHostPort(t.ep.Address)
	if err != nil || isIP(host) || time.Since(t.lookedUpAt) < interval {
		return
	}
	t.lookedUpAt = time.Now()
	t.lookups.Go(func() {
		ctx, cancel := context.WithTimeout(t.ctx, t.opts.Timeout)
		defer cancel()
		addrs, err := t.opts.Lookup(ctx, host)
		if err != nil || len(addrs) == 0 {
			t.lookupErrors.Add(1)
			return
		}
		t.mu.Lock()
		t.resolved = addrs
		t.mu.Unlock()
	})
}

// takeResolved returns the result of the last lookup, once.
func (t *datagramTransport) takeResolved() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	addrs := t.resolved
	t.resolved = nil
	return addrs
}

func (t *datagramTransport) disconnect() {
	t.conn.Close()
	t.conn = nil
}

// Close ends and joins the lookups.
func (t *datagramTransport) Close() error {
	t.cancel()
	if t.conn != nil {
		t.disconnect()
	}
	t.lookups.Wait()
	return nil
}

func (t *datagramTransport) stats(cb func(field string, val float64)) {
	cb("reconnects", float64(max(t.dials.Load()-1, 0)))
	cb("refused", float64(t.refused.Load()))
	cb("dns_changes", float64(t.dnsChanges.Load()))
	cb("lookup_errors", float64(t.lookupErrors.Load()))
}

// sameSet compares without the order, which load balancers rotate.
func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
