package send

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// errPeerClosed is why a connection is dead that the peer closed in order.
var errPeerClosed = errors.New("the peer closed the connection")

// confirmTime is how long a TLS 1.3 server may take to refuse the client after
// the handshake. Until then the client does not know whether its certificate
// was accepted, unless the server sends something first.
const confirmTime = time.Second

// streamConn is one connection of a streamTransport. The goroutine of the
// Sender calls its methods; discard runs in a goroutine of its own.
type streamConn struct {
	net.Conn               // progress, or a tls.Conn over it
	progress *progressConn // over sock
	sock     net.Conn
	addr     string     // of the peer, as resolver knows it
	resolver *resolver  // nil for unix
	watch    *pathWatch // nil except for unix
	buffer   *sendBuffer
	born     time.Time

	confirmBy time.Time     // when silence of a TLS 1.3 server means that it accepts the client; zero if that is known
	confirmed atomic.Bool   // the server has sent something
	discarded chan struct{} // closed when discard has returned

	written, acked int       // bytes; owned by the goroutine that calls Write, as all below
	progressAt     time.Time // when the peer last took bytes
	unfinished     bool      // the last tryWrite took a part

	mu   sync.Mutex
	err  error     // guarded by mu; why the connection is dead
	died time.Time // guarded by mu; when err was set

	movedAt time.Time // guarded by mu; when hasMoved first reported true; zero if it does not

	watched context.Context // that ends a write; owned by the goroutine that calls Write, as unwatch
	unwatch func()          // undoes watchContext; nil if there is none
}

// newStreamConn returns a connection over sock to addr, which is one of r's if r
// is not nil. It must be started.
func newStreamConn(sock net.Conn, addr string, r *resolver, encrypted bool, l limits) *streamConn {
	c := &streamConn{sock: sock, addr: addr, resolver: r, born: time.Now(), discarded: make(chan struct{})}
	c.buffer = newSendBuffer(sock, encrypted)
	c.progress = &progressConn{Conn: sock, buffer: c.buffer, limits: l, giveUp: c.giveUp}
	c.Conn = c.progress
	return c
}

// secure performs the handshake of TLS. It closes the socket if that fails.
func (c *streamConn) secure(ctx context.Context, conf *tls.Config) error {
	conf = conf.Clone()
	conf.ClientSessionCache = &ticketNotice{next: conf.ClientSessionCache, received: &c.confirmed}
	secure := tls.Client(c.progress, conf)
	began := time.Now()
	if err := secure.HandshakeContext(ctx); err != nil {
		c.sock.Close()
		return err
	}
	if secure.ConnectionState().Version >= tls.VersionTLS13 {
		// The refusal takes as long as the rest of the handshake did.
		c.confirmBy = time.Now().Add(max(confirmTime, 2*time.Since(began)))
	}
	c.Conn = secure
	return nil
}

// ticketNotice notes that the server sent a session ticket. A server that asks
// for a certificate sends it when it has accepted that of the client.
type ticketNotice struct {
	next     tls.ClientSessionCache // nil if sessions are not resumed
	received *atomic.Bool
}

// Get implements tls.ClientSessionCache.
func (n *ticketNotice) Get(key string) (*tls.ClientSessionState, bool) {
	if n.next == nil {
		return nil, false
	}
	return n.next.Get(key)
}

// Put implements tls.ClientSessionCache.
func (n *ticketNotice) Put(key string, s *tls.ClientSessionState) {
	if s != nil {
		n.received.Store(true)
	}
	if n.next != nil {
		n.next.Put(key, s)
	}
}

// start starts discard, which close joins.
func (c *streamConn) start() { go c.discard() }

// discard reads and ignores what the peer sends. Only a read reveals that the
// peer has closed: a write would still succeed, and its bytes would be lost.
func (c *streamConn) discard() {
	defer close(c.discarded)
	buf := make([]byte, 512)
	for {
		n, err := c.Conn.Read(buf)
		if n > 0 {
			c.confirmed.Store(true)
		}
		if err != nil {
			c.fail(err)
			c.progress.interrupt()
			return
		}
	}
}

// fail notes why the connection is dead. The first reason stays.
func (c *streamConn) fail(err error) {
	if err == io.EOF || err == io.ErrUnexpectedEOF { // of TLS, if the peer closed without an alert
		err = errPeerClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err, c.died = withoutAddress(err), time.Now()
	}
}

// deadErr returns why the connection is dead, or nil if it is not.
func (c *streamConn) deadErr() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// isConfirmed reports whether the server has accepted the client.
func (c *streamConn) isConfirmed() bool {
	if c.confirmBy.IsZero() || c.confirmed.Load() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.err != nil {
		now = c.died
	}
	return !now.Before(c.confirmBy)
}

// write blocks as long as the peer takes bytes, or until ctx ends.
func (c *streamConn) write(ctx context.Context, p []byte) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c.watchContext(ctx)
	n, err := c.Conn.Write(p)
	if c.written += n; n > 0 {
		c.progressAt = time.Now()
	}
	switch {
	case err == nil:
		c.unfinished = false
		return n, nil
	case ctx.Err() != nil:
		return n, ctx.Err()
	case err != errMoved && !errors.Is(err, os.ErrDeadlineExceeded):
		c.awaitReason()
	}
	c.failWrite(err)
	return n, c.deadErr()
}

// tryWrite writes as much of p as the system takes at once.
func (c *streamConn) tryWrite(p []byte) int {
	n, err := c.buffer.tryWrite(p)
	if err != nil {
		c.failWrite(err)
	}
	if c.written += n; n > 0 {
		c.progressAt = time.Now()
	}
	return n
}

// watchContext has the end of ctx end the present and every later write. A Sender
// writes with one context, so that it is watched once for each connection.
func (c *streamConn) watchContext(ctx context.Context) {
	if c.watched == ctx {
		return
	}
	c.unwatchContext()
	c.progress.SetWriteDeadline(time.Time{})
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		c.progress.SetWriteDeadline(past)
	})
	c.watched, c.unwatch = ctx, func() {
		if !stop() {
			<-ended
		}
	}
}

// unwatchContext undoes watchContext: no later write ends with the context.
func (c *streamConn) unwatchContext() {
	if c.unwatch != nil {
		c.unwatch()
		c.watched, c.unwatch = nil, nil
	}
}

// failWrite notes the error of a write. If the system returned the reason by it,
// discard has read only that the stream ended.
func (c *streamConn) failWrite(err error) {
	c.mu.Lock()
	if c.err == errPeerClosed && !isBrokenPipe(err) && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.err = nil
	}
	c.mu.Unlock()
	c.fail(err)
}

// reasonWait is how long a Write that failed waits for the reason.
const reasonWait = 100 * time.Millisecond

// awaitReason returns when discard has read why the peer closed the connection,
// such as an alert of TLS: an error of a write says no more than that it did.
func (c *streamConn) awaitReason() {
	select {
	case <-c.discarded:
	case <-time.After(reasonWait):
	}
}

// state returns how many bytes the peer may not have, and why the connection
// is dead, which is no error if the peer closed it and has everything. After
// any other end it asks the kernel no more: what the peer's system has
// acknowledged by then, the peer may not have read.
func (c *streamConn) state() (unacked int, err error) {
	if err = c.deadErr(); err == nil || err == errPeerClosed {
		c.refresh()
	}
	if err == nil && c.unacked() > 0 {
		if err = c.giveUp(); err == nil && c.isSilent() {
			err = errSilent
		}
		if err != nil {
			c.fail(err)
		}
	}
	if unacked = c.unacked(); unacked == 0 && err == errPeerClosed {
		return 0, nil
	}
	return unacked, err
}

// isSilent reports whether the peer's system has acknowledged nothing for long.
func (c *streamConn) isSilent() bool {
	limit := c.progress.limits.silence
	return time.Since(c.progressAt) >= limit && c.buffer.silence() >= limit
}

// hasMoved reports whether the name no longer has the address of c, or the path
// its socket.
func (c *streamConn) hasMoved() bool {
	var moved bool
	if c.resolver == nil {
		moved = c.watch.isReplaced()
	} else {
		c.resolver.touch()
		moved = !c.resolver.contains(c.addr)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !moved {
		c.movedAt = time.Time{}
	} else if c.movedAt.IsZero() {
		c.movedAt = time.Now()
	}
	return moved
}

// giveUp returns errMoved if the name moved longer ago than limits.drain.
func (c *streamConn) giveUp() error {
	if !c.hasMoved() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.movedAt) < c.progress.limits.drain {
		return nil
	}
	return errMoved
}

// unacked returns the number of bytes that were not acknowledged at the last
// refresh.
func (c *streamConn) unacked() int { return c.written - c.acked }

// refresh asks the kernel which bytes the peer has. Nothing counts as
// acknowledged until the peer has accepted the client.
func (c *streamConn) refresh() {
	if c.unacked() == 0 || !c.isConfirmed() {
		return
	}
	if acked := c.written - c.buffer.unacked(c.unacked()); acked != c.acked {
		c.acked, c.progressAt = acked, time.Now()
	}
}

// drain waits until everything is acknowledged. It returns an error if the
// connection dies or is given up first, or ctx ends.
func (c *streamConn) drain(ctx context.Context) error {
	for wait := minPoll; ; wait = min(2*wait, maxPoll) {
		if n, err := c.state(); n == 0 || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// linger closes the sending direction, and waits until the peer closes its own:
// it has read everything then, or the connection has failed. What the peer's
// system acknowledged is no sign of that. The peer of a unix socket has read
// everything when the kernel holds nothing of it. linger waits no longer than
// lingerTime, and not after ctx has ended.
func (c *streamConn) linger(ctx context.Context) {
	c.unwatchContext()
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	defer context.AfterFunc(ctx, c.progress.interrupt)() // TLS writes an alert, which may block
	w, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || c.deadErr() != nil || ctx.Err() != nil {
		return
	}
	if err := w.CloseWrite(); err != nil { // a reset has arrived just now
		c.awaitReason()
		if ctx.Err() == nil {
			c.failWrite(err)
		}
		return
	}
	for wait := minPoll; c.resolver != nil || !c.buffer.isEmpty(); wait = min(2*wait, maxPoll) {
		select {
		case <-c.discarded:
			return
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// abort closes the connection, and has the system discard what it still holds
// instead of sending it. The peer gets a RST.
func (c *streamConn) abort() {
	if l, ok := c.sock.(interface{ SetLinger(seconds int) error }); ok { // TCP has it
		l.SetLinger(0) // fails only if the socket is closed
	}
	c.close()
}

// close closes the connection at once and joins discard. The system sends what
// it still holds.
func (c *streamConn) close() {
	c.unwatchContext()
	c.sock.Close()
	<-c.discarded
}
