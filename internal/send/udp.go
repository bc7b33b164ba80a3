package send

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
)

const (
	// lookupInterval is how soon a changed address is noticed.
	lookupInterval = 30 * time.Second
	// refusedInterval is the same while nobody listens at the present one.
	refusedInterval = time.Second
	// unixgramTimeout is for a receiver whose queue is full.
	unixgramTimeout = 100 * time.Millisecond
)

// datagram is udp and unixgram: one datagram a payload, delivered when the
// local system took it. Nothing is sent twice: an error of the socket is one
// of an earlier datagram, or says that this one was not sent.
type datagram struct {
	ep   endpoint.Endpoint
	opts DialOptions

	ctx    context.Context // ends lookups
	cancel context.CancelFunc
	wg     sync.WaitGroup // lookups

	dials, refused, dnsChanges, lookupErrors atomic.Int64

	mu    sync.Mutex
	found []string // guarded by mu; a newer answer of the resolver

	conn   net.Conn // nil before the first Deliver
	addrs  []string // that conn's was chosen from
	looked time.Time
}

var _ reporter = (*datagram)(nil)

func openDatagram(ep endpoint.Endpoint, o DialOptions) *datagram {
	t := &datagram{ep: ep, opts: o}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Deliver sends payload as one datagram.
func (t *datagram) Deliver(ctx context.Context, payload []byte) error {
	if len(payload) > t.opts.MaxDatagram {
		return Oversize(fmt.Errorf("a payload of %d bytes, a datagram takes %d", len(payload), t.opts.MaxDatagram))
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
		t.drop()
	}
	return fmt.Errorf("write: %w", withoutAddress(err))
}

// write tries again after what it was told of an earlier datagram. Nobody may
// listen now, but statsd servers come back, and the next one may be heard.
func (t *datagram) write(payload []byte) (err error) {
	for range 3 {
		if t.ep.Transport == endpoint.Unixgram {
			t.conn.SetWriteDeadline(time.Now().Add(unixgramTimeout))
		}
		if _, err = t.conn.Write(payload); err == nil || !isRefused(err) || t.ep.Transport != endpoint.UDP {
			return err
		}
		t.refused.Add(1)
		t.lookup(refusedInterval)
	}
	return err
}

// connect makes sure of a socket to an address that is not out of date.
func (t *datagram) connect(ctx context.Context) error {
	if t.ep.Transport == endpoint.Unixgram {
		return t.connectPath(ctx)
	}
	if t.conn == nil {
		return t.connectFirst(ctx)
	}
	t.lookup(lookupInterval)
	if found := t.newer(); found != nil && !sameSet(found, t.addrs) {
		if conn, err := t.dialOne(ctx, found); err == nil {
			t.conn.Close()
			t.conn, t.addrs = conn, found
			t.dnsChanges.Add(1)
		}
	}
	return nil
}

func (t *datagram) connectPath(ctx context.Context) (err error) {
	if t.conn != nil {
		return nil
	}
	t.conn, err = new(net.Dialer).DialContext(ctx, "unixgram", t.ep.Address)
	if err == nil {
		t.dials.Add(1)
	}
	return err
}

func (t *datagram) connectFirst(ctx context.Context) error {
	host, _, err := net.SplitHostPort(t.ep.Address)
	if err != nil {
		return err
	}
	addrs := []string{host}
	if !isIP(host) {
		ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
		defer cancel()
		if addrs, err = t.opts.Lookup(ctx, host); err != nil {
			return err
		}
	}
	conn, err := t.dialOne(ctx, addrs)
	if err != nil {
		return err
	}
	t.conn, t.addrs, t.looked = conn, addrs, time.Now()
	return nil
}

func (t *datagram) dialOne(ctx context.Context, addrs []string) (conn net.Conn, err error) {
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

// lookup asks the resolver in the background if it was not asked lately.
func (t *datagram) lookup(every time.Duration) {
	host, _, err := net.SplitHostPort(t.ep.Address)
	if err != nil || isIP(host) || time.Since(t.looked) < every {
		return
	}
	t.looked = time.Now()
	t.wg.Go(func() {
		ctx, cancel := context.WithTimeout(t.ctx, t.opts.Timeout)
		defer cancel()
		found, err := t.opts.Lookup(ctx, host)
		if err != nil || len(found) == 0 {
			t.lookupErrors.Add(1)
			return
		}
		t.mu.Lock()
		t.found = found
		t.mu.Unlock()
	})
}

// newer returns an answer of the resolver once.
func (t *datagram) newer() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.found
	t.found = nil
	return found
}

func (t *datagram) drop() {
	t.conn.Close()
	t.conn = nil
}

// Close joins the lookups.
func (t *datagram) Close() error {
	t.cancel()
	if t.conn != nil {
		t.drop()
	}
	t.wg.Wait()
	return nil
}

func (t *datagram) counts(cb func(field string, val float64)) {
	cb("reconnects", float64(max(t.dials.Load()-1, 0)))
	cb("refused", float64(t.refused.Load()))
	cb("dns_changes", float64(t.dnsChanges.Load()))
	cb("lookup_errors", float64(t.lookupErrors.Load()))
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// sameSet ignores the order, which balancers turn on purpose.
func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
