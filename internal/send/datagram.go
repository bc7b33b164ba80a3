package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/ready"
)

const (
	// bufferTimeout is how long a datagram waits for room in the buffers of
	// this system or, for unixgram, in the receiver's queue.
	bufferTimeout = 100 * time.Millisecond
	// A datagram for which there is no room is tried again after
	// minBufferWait, then less and less often, up to maxBufferWait.
	minBufferWait = time.Millisecond
	maxBufferWait = 16 * time.Millisecond
	// maxLate is how often a datagram gets a bufferTimeout of its own again because
	// this process did not run during the last one.
	maxLate = 3
	// redialInterval is the shortest time between two sockets of udp, if
	// datagrams are refused at each address, or none can be dialed.
	redialInterval = time.Second
)

// datagramTransport is the Messenger for udp and unixgram. Each payload is one
// datagram, and is delivered when the local system took it. No datagram is sent
// twice: an error of the socket is about an earlier datagram, or means that
// this one was not sent.
//
// The goroutine of the Sender calls its methods, except stats.
type datagramTransport struct {
	ep       endpoint.Endpoint
	opts     DialOptions
	resolver *resolver // nil for unixgram

	dials, refused, noBuffer atomic.Int64

	conn       net.Conn   // nil before the first Deliver; owned by the Sender's goroutine, as all below
	addr       string     // of the peer, as resolver knows it
	generation int64      // of resolver, when addr was looked at
	redialedAt time.Time  // when redial last did something
	watch      *pathWatch // of unixgram
}

var (
	_ Messenger = (*datagramTransport)(nil)
	_ statser   = (*datagramTransport)(nil)
)

// newDatagramTransport returns a transport that closes r, which is nil for
// unixgram.
func newDatagramTransport(ep endpoint.Endpoint, o DialOptions, r *resolver) *datagramTransport {
	return &datagramTransport{ep: ep, opts: o, resolver: r}
}

// Deliver sends payload as one datagram. If there is no room for it, Deliver
// waits until there is, for at most bufferTimeout, and then returns an error with
// which it is dropped: the next datagrams, which are newer, must not wait for it.
func (t *datagramTransport) Deliver(ctx context.Context, payload []byte) error {
	if len(payload) > t.opts.MaxDatagram {
		return Oversize(fmt.Errorf("a payload of %d bytes, the limit of a datagram is %d", len(payload), t.opts.MaxDatagram))
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	err := t.write(ctx, payload)
	if isNoRoom(err) && ctx.Err() == nil && t.watch.look() {
		// A server that hangs was replaced by one that may read.
		if err := t.replaceSocket(ctx); err != nil {
			return err
		}
		err = t.write(ctx, payload)
	}
	switch {
	case err == nil:
		return nil
	case isTooLong(err):
		return Oversize(fmt.Errorf("a payload of %d bytes: %w", len(payload), withoutAddress(err)))
	case ctx.Err() != nil:
		// The socket works, and is kept.
	case isNoRoom(err):
		return noRoom(fmt.Errorf("write: no room for %v: %w", bufferTimeout, withoutAddress(err)))
	case t.resolver == nil && isStale(err):
		t.disconnect()
	case t.resolver != nil && !isRefused(err): // the host or the network cannot be reached, say
		t.resolver.failed(t.addr)
		t.disconnect()
	}
	return fmt.Errorf("write: %w", withoutAddress(err))
}

// maxRefusals is how many refusals in a row end an attempt. A socket returns
// at most one for each datagram that was sent before.
const maxRefusals = 3

// write sends one datagram. If a socket of udp returns that the connection was
// refused, an earlier datagram was, and this one was not sent. write tries again
// then, at the next address if there is one: a server may have started since.
func (t *datagramTransport) write(ctx context.Context, payload []byte) error {
	room := roomWait{end: time.Now().Add(bufferTimeout), wait: minBufferWait}
	for refusals := 0; ; {
		_, err := t.conn.Write(payload)
		switch {
		case err == nil:
			return nil
		case isNoRoom(err):
			if !t.awaitRoom(ctx, err, &room) {
				return err
			}
		case isRefused(err) && t.resolver != nil:
			t.refused.Add(1)
			t.resolver.failed(t.addr)
			if refusals++; refusals == maxRefusals {
				return err
			}
			t.redial(ctx)
		default:
			return err
		}
	}
}

// isNoRoom reports whether a datagram was not sent because a buffer of this
// system or the queue of the receiver is full.
func isNoRoom(err error) bool { return isNoBuffer(err) || errors.Is(err, os.ErrDeadlineExceeded) }

// roomWait is the wait of one datagram for room.
type roomWait struct {
	end   time.Time
	wait  time.Duration // before the next attempt, if the socket does not wait
	tries int           // that failed
	late  int           // how often end was moved
}

// isLate reports whether the wait is over without a sign that there was no room
// in all of it: this process did not run, so that a deadline passed before the
// attempt, or right after the first one.
func (r *roomWait) isLate(conn net.Conn, timeout bool, now time.Time) bool {
	return !now.Before(r.end) && r.late < maxLate && (timeout && ready.Write(conn) || !timeout && r.tries == 1)
}

// awaitRoom returns when to try again, and reports whether to: not after the end
// of r, and not when ctx has ended. An err that is a timeout needs no wait: the
// socket has waited, or its deadline was that of an earlier datagram.
func (t *datagramTransport) awaitRoom(ctx context.Context, err error, r *roomWait) bool {
	now, timeout := time.Now(), errors.Is(err, os.ErrDeadlineExceeded)
	r.tries++
	if r.isLate(t.conn, timeout, now) {
		r.late++
		r.end = now.Add(bufferTimeout)
	}
	left := r.end.Sub(now)
	if !timeout || left <= 0 {
		t.noBuffer.Add(1)
	}
	if left <= 0 || ctx.Err() != nil {
		return false
	}
	if timeout {
		return t.conn.SetWriteDeadline(r.end) == nil
	}
	timer := time.NewTimer(min(r.wait, left))
	defer timer.Stop()
	r.wait = min(2*r.wait, maxBufferWait)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// connect dials if there is no socket. It replaces a socket of udp when the
// name no longer has its address, and one of unixgram when the path has another
// socket.
func (t *datagramTransport) connect(ctx context.Context) error {
	if t.conn == nil {
		return t.dial(ctx)
	}
	if t.resolver == nil {
		if t.watch.isReplaced() {
			return t.replaceSocket(ctx)
		}
		return nil
	}
	t.resolver.touch()
	if g := t.resolver.generation.Load(); g != t.generation {
		if t.resolver.contains(t.addr) {
			t.generation = g
		} else {
			t.redial(ctx)
		}
	}
	return nil
}

// redial replaces a socket whose address the name no longer has, or whose
// datagrams are refused, by one to the next address. It does nothing if it did so
// a moment ago.
func (t *datagramTransport) redial(ctx context.Context) {
	if now := time.Now(); now.Sub(t.redialedAt) >= redialInterval {
		t.redialedAt = now
		t.replace(ctx)
	}
}

// replace dials, and keeps the old socket if it cannot, or if the address is
// still the same.
func (t *datagramTransport) replace(ctx context.Context) {
	old, addr := t.conn, t.addr
	if addrs := t.resolver.known(); addrs == nil || addrs[0] == addr {
		return
	}
	if t.dial(ctx) == nil {
		old.Close()
	}
}

// replaceSocket dials the path of unixgram, which has another socket.
func (t *datagramTransport) replaceSocket(ctx context.Context) error {
	t.disconnect()
	return t.dial(ctx)
}

// dial makes a new socket.
func (t *datagramTransport) dial(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Timeout)
	defer cancel()
	var generation int64
	if t.resolver != nil {
		generation = t.resolver.generation.Load() // before the addresses, so that no change is missed
	}
	conn, addr, err := t.dialSocket(ctx)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	t.dials.Add(1)
	// A deadline is moved only when it has passed: that is cheaper than one for
	// each datagram.
	if err := conn.SetWriteDeadline(time.Now().Add(bufferTimeout)); err != nil {
		conn.Close()
		return err
	}
	t.conn, t.addr, t.generation = conn, addr, generation
	return nil
}

func (t *datagramTransport) dialSocket(ctx context.Context) (c net.Conn, addr string, err error) {
	if t.resolver == nil {
		t.watch = watchPath(t.ep.Address)
		c, err = new(net.Dialer).DialContext(ctx, "unixgram", t.ep.Address)
		return c, t.ep.Address, err
	}
	if addrs := t.resolver.known(); addrs != nil {
		return t.resolver.dialEach(ctx, new(net.Dialer), "udp", addrs) // no datagram waits for a lookup
	}
	return t.resolver.dial(ctx, new(net.Dialer), "udp")
}

func (t *datagramTransport) disconnect() {
	t.conn.Close()
	t.conn = nil
}

// Close ends and joins the lookups.
func (t *datagramTransport) Close() error {
	if t.conn != nil {
		t.disconnect()
	}
	if t.resolver != nil {
		t.resolver.close()
	}
	return nil
}

// refusals returns how many datagrams were refused because nothing listens. It may be
// called from any goroutine.
func (t *datagramTransport) refusals() int64 { return t.refused.Load() }

func (t *datagramTransport) stats(cb func(field string, val float64)) {
	cb("reconnects", float64(max(t.dials.Load()-1, 0)))
	cb("no_buffer", float64(t.noBuffer.Load()))
	cb("refused", float64(t.refused.Load()))
	t.resolver.stats(cb)
}
