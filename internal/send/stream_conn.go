package send

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// errPeerClosed is why a connection is dead that ended without an error.
var errPeerClosed = errors.New("the peer closed the connection")

// streamConn is one connection of a streamTransport. The goroutine of the
// Sender calls its methods; discard runs in a goroutine of its own.
type streamConn struct {
	net.Conn
	buffer    sendBuffer
	born      time.Time
	discarded chan struct{} // closed when discard has returned

	written, acked int // bytes; owned by the Sender's goroutine

	mu  sync.Mutex
	err error // guarded by mu; why the connection is dead
}

// newStreamConn starts a goroutine, which close joins.
func newStreamConn(nc, sock net.Conn) *streamConn {
	_, encrypted := nc.(*tls.Conn)
	c := &streamConn{Conn: nc, buffer: newSendBuffer(sock, encrypted), born: time.Now(), discarded: make(chan struct{})}
	go c.discard()
	return c
}

// discard reads and ignores what the peer sends. Only a read reveals that the
// peer has closed: a write would still succeed, and its bytes would be lost.
func (c *streamConn) discard() {
	defer close(c.discarded)
	_, err := io.Copy(io.Discard, c.Conn)
	if err == nil {
		err = errPeerClosed
	}
	c.mu.Lock()
	c.err = withoutAddress(err)
	c.mu.Unlock()
}

// deadErr returns why the connection is dead, or nil if it is not.
func (c *streamConn) deadErr() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// write ends after writeTimeout, or when ctx ends.
func (c *streamConn) write(ctx context.Context, p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	// A deadline in the past ends a Write that blocks.
	stop := context.AfterFunc(ctx, func() { c.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := c.Conn.Write(p)
	c.written += n
	return n, err
}

// unacked returns the number of bytes that were not acknowledged at the last
// refresh.
func (c *streamConn) unacked() int { return c.written - c.acked }

// refresh asks the kernel which bytes the peer has.
func (c *streamConn) refresh() {
	if c.unacked() > 0 {
		c.acked = c.written - c.buffer.unacked(c.unacked())
	}
}

// linger closes the sending direction, and waits until the peer has everything
// or closes its own direction. It waits no longer than lingerTime, and not
// after ctx has ended.
func (c *streamConn) linger(ctx context.Context) {
	w, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || c.deadErr() != nil || ctx.Err() != nil || w.CloseWrite() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	for wait := minPoll; !c.buffer.isEmpty(); wait = min(2*wait, maxPoll) {
		select {
		case <-c.discarded:
			return
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// close closes the connection at once and joins discard.
func (c *streamConn) close() {
	c.Conn.Close()
	<-c.discarded
}
