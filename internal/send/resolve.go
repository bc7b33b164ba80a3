package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookupInterval is the time after which a name is resolved again while it
	// is used.
	lookupInterval = 30 * time.Second
	// retryInterval is the shortest time between the begins of two lookups, so
	// that a destination that fails quickly does not flood the name server.
	retryInterval = time.Second
	// lookupTimeout bounds one lookup. The resolver of the C library sends a
	// query again after 5 s.
	lookupTimeout = 5 * time.Second
	// lookupWait is how long a dial waits for the lookup that a failure began,
	// before it uses the addresses that are known.
	lookupWait = time.Second
	// maxUnusedTicks is after how many lookupIntervals without use a resolver
	// stops its goroutine. A program that reports each few minutes keeps it.
	maxUnusedTicks = 10
	// maxAttempts bounds the addresses that one dial tries, so that each has
	// enough of the time of the dial. The next dial tries the next ones.
	maxAttempts = 8
)

// resolver knows the addresses of one host and port. It resolves the name at its
// first use, every lookupInterval while it is used, and after each failure. If a
// lookup fails, the known addresses stay. All methods may be called from any
// goroutine.
//
// Lookups run in one goroutine, which the first use starts and close joins.
type resolver struct {
	host, port string
	literal    bool // host is an IP address, which is never resolved
	lookup     func(ctx context.Context, host string) ([]string, error)

	ctx    context.Context // ended by close
	cancel context.CancelFunc
	done   sync.WaitGroup // joins run
	wake   chan struct{}  // holds a value if run must look at due again

	used                  atomic.Bool // since the last tick of run
	generation            atomic.Int64
	lookupErrors, changes atomic.Int64

	mu      sync.Mutex
	running bool          // guarded by mu; run has not returned
	asking  bool          // guarded by mu; a lookup is under way
	addrs   []string      // guarded by mu; host:port each; nil before the first success
	next    int           // guarded by mu; the index in addrs of the address to try first
	err     error         // guarded by mu; of the last lookup; nil if it succeeded
	began   time.Time     // guarded by mu; when the last lookup began
	due     time.Time     // guarded by mu; when the next one begins
	pending chan struct{} // guarded by mu; closed when the lookup that a caller asked for ends; nil if none did
}

// newResolver returns a resolver for address, which is host:port.
func newResolver(address string, o DialOptions) (*resolver, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	r := &resolver{host: host, port: port, literal: isIP(host), lookup: o.Lookup, wake: make(chan struct{}, 1)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if r.literal {
		r.addrs = []string{address}
	}
	return r, nil
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// close ends and joins the goroutine. Later calls of other methods start none.
func (r *resolver) close() {
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.done.Wait()
}

// touch notes that the name is used, which keeps its addresses fresh. It costs
// one atomic load in most cases, so that it can be called for each datagram.
func (r *resolver) touch() {
	if r.literal || r.used.Load() {
		return
	}
	r.used.Store(true)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.startLocked()
}

// startLocked starts run, if it is not running.
func (r *resolver) startLocked() {
	if r.running || r.ctx.Err() != nil {
		return
	}
	if time.Since(r.began) >= lookupInterval {
		r.askLocked()
	}
	r.running = true
	r.done.Go(r.run)
}

// askLocked has run resolve the name soon.
func (r *resolver) askLocked() {
	if r.pending != nil {
		return
	}
	r.pending = make(chan struct{})
	r.due = time.Now()
	if earliest := r.began.Add(retryInterval); r.due.Before(earliest) {
		r.due = earliest
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// addresses returns the addresses of the host, each with the port, in the order
// in which to try them. It waits for a lookup that is under way: until ctx ends
// if no address is known, and else for at most lookupWait.
func (r *resolver) addresses(ctx context.Context) ([]string, error) {
	r.touch()
	r.mu.Lock()
	known := r.addrs != nil
	if !known {
		r.askLocked()
	}
	pending := r.pending
	if known && !r.asking && r.due.After(time.Now()) {
		pending = nil // the last lookup was a moment ago
	}
	r.mu.Unlock()
	if pending != nil {
		await(ctx, r.ctx, pending, known)
	}
	if addrs := r.known(); addrs != nil {
		return addrs, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, r.lookupError(ctx.Err())
	case r.ctx.Err() != nil:
		return nil, r.lookupError(net.ErrClosed)
	}
	return nil, r.err
}

// known returns what addresses does, or nil if no address is known. It does not
// wait.
func (r *resolver) known() []string {
	r.touch()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.addrs == nil {
		return nil
	}
	return append(slices.Clone(r.addrs[r.next:]), r.addrs[:r.next]...)
}

// await returns when pending is closed or one of the contexts ends, and after
// lookupWait if limited is set.
func await(ctx, closed context.Context, pending <-chan struct{}, limited bool) {
	if limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookupWait)
		defer cancel()
	}
	select {
	case <-pending:
	case <-ctx.Done():
	case <-closed.Done():
	}
}

// failed notes that addr did not work: the address after it is tried first from
// now on, and the name is resolved again.
func (r *resolver) failed(addr string) {
	if r.literal {
		return
	}
	r.touch()
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.addrs, addr); i >= 0 {
		r.next = (i + 1) % len(r.addrs)
	}
	r.askLocked()
}

// contains reports whether addr is one of the addresses, as far as is known.
func (r *resolver) contains(addr string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addrs == nil || slices.Contains(r.addrs, addr)
}

// run resolves the name whenever it is due. It returns when r is closed or has
// not been used for long.
func (r *resolver) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for unused := 0; r.ctx.Err() == nil; {
		wait := r.untilDue()
		if wait <= 0 {
			if r.used.Swap(false) {
				unused = 0
			} else if unused++; unused >= maxUnusedTicks && r.retire() {
				return
			}
			r.resolve()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-r.wake:
		case <-r.ctx.Done():
		}
	}
}

func (r *resolver) untilDue() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Until(r.due)
}

// retire reports whether run may return, because r is still not used.
func (r *resolver) retire() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used.Load() || r.pending != nil {
		return false
	}
	r.running = false
	return true
}

// resolve looks the name up once. Only run calls it.
func (r *resolver) resolve() {
	r.mu.Lock()
	r.asking, r.began = true, time.Now()
	r.due = r.began.Add(lookupInterval)
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.ctx, lookupTimeout)
	defer cancel()
	hosts, err := r.lookup(ctx, r.host)
	if err == nil && len(hosts) == 0 {
		err = errors.New("no addresses")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asking = false
	if r.err = nil; err != nil {
		r.err = r.lookupError(err)
		r.lookupErrors.Add(1)
	} else {
		r.setLocked(hosts)
	}
	if r.pending != nil {
		close(r.pending)
		r.pending = nil
	}
}

// lookupError returns err with the name of the host, which a DNSError has.
func (r *resolver) lookupError(err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return err
	}
	return fmt.Errorf("lookup %s: %w", r.host, err)
}

// setLocked replaces the addresses by those of hosts, if they are others. The
// order of the same addresses does not matter: load balancers rotate it.
func (r *resolver) setLocked(hosts []string) {
	var addrs []string
	for _, host := range hosts {
		if addr := net.JoinHostPort(host, r.port); !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	if sameSet(addrs, r.addrs) {
		return
	}
	if r.addrs != nil {
		r.changes.Add(1)
	}
	r.addrs, r.next = addrs, 0
	r.generation.Add(1)
}

// sameSet compares without the order.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// dial connects to the first address that works. It divides the time until ctx
// ends, if ctx has a deadline, over the addresses.
func (r *resolver) dial(ctx context.Context, d *net.Dialer, network string) (c net.Conn, addr string, err error) {
	addrs, err := r.addresses(ctx)
	if err != nil {
		return nil, "", err
	}
	return r.dialEach(ctx, d, network, addrs)
}

// dialEach is dial for addresses that the caller got from r.
func (r *resolver) dialEach(ctx context.Context, d *net.Dialer, network string, addrs []string) (c net.Conn, addr string, err error) {
	addrs = addrs[:min(len(addrs), maxAttempts)]
	for i, addr := range addrs {
		attempt, cancel := withShare(ctx, len(addrs)-i)
		c, err = d.DialContext(attempt, network, addr)
		cancel()
		if err == nil {
			return c, addr, nil
		}
		r.failed(addr)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, "", err
}

// withShare returns a context that ends after the n-th part of the time that
// ctx has left.
func withShare(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(n))
}

// stats also works for a nil resolver, which is that of a unix socket, so that
// all transports have the same fields.
func (r *resolver) stats(cb func(field string, val float64)) {
	var changes, lookupErrors int64
	if r != nil {
		changes, lookupErrors = r.changes.Load(), r.lookupErrors.Load()
	}
	cb("dns_changes", float64(changes))
	cb("lookup_errors", float64(lookupErrors))
}
