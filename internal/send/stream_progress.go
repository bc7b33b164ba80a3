package send

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// progressTimeout is how long a peer may take no byte at all. A reader is
	// not slow because its window stays closed for long: Linux opens it again
	// only when half of the receive buffer is empty. With the default buffer
	// that took 2 s at 50 KB/s, and more than two minutes at 1 KB/s.
	progressTimeout = 5 * time.Minute
	// silenceTimeout is how long the peer's system may acknowledge nothing,
	// not even that its window is closed. TCP_USER_TIMEOUT is not set instead:
	// Linux also applies it to a peer that lives and keeps its window closed,
	// and even to one whose window opens by less than the next segment.
	silenceTimeout = 20 * time.Second
)

// limits are the times after which a connection is given up. Tests shorten
// them.
type limits struct{ progress, silence, drain time.Duration }

var defaultLimits = limits{progress: progressTimeout, silence: silenceTimeout, drain: drainTime}

// interval returns how often a blocked Write looks for progress.
func (l limits) interval() time.Duration {
	return min(time.Second, l.progress/10, l.silence/4, l.drain/4)
}

var (
	errStalled = fmt.Errorf("the peer takes no bytes: %w", os.ErrDeadlineExceeded)
	errSilent  = fmt.Errorf("the peer acknowledges nothing: %w", os.ErrDeadlineExceeded)
)

// past is a deadline that ends a Write at once.
var past = time.Unix(1, 0)

// progressConn is a socket whose Write blocks as long as the peer takes bytes.
// Bytes are taken when the local system accepts them or, on Linux, when the
// peer acknowledges earlier ones. It is below a tls.Conn, which cannot be used
// again after a Write that timed out.
type progressConn struct {
	net.Conn
	buffer *sendBuffer
	limits limits
	giveUp func() error // returns why not to wait for the peer any longer, or nil

	mu          sync.Mutex
	limit       time.Time // guarded by mu; of SetWriteDeadline; zero is none
	interrupted bool      // guarded by mu
}

// Write returns errStalled, errSilent or the error of giveUp if it stops waiting
// for the peer.
func (c *progressConn) Write(p []byte) (n int, err error) {
	size, _ := c.buffer.size()
	last := time.Now()
	for {
		if err := c.setDeadline(); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(p[n:])
		n += m
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || c.isLimitReached() {
			return n, err
		}
		now, was := time.Now(), size
		size, _ = c.buffer.size()
		if err := c.giveUp(); err != nil {
			return n, err
		}
		switch {
		case m > 0 || size < was:
			last = now
		case now.Sub(last) >= c.limits.progress:
			return n, errStalled
		case c.buffer.silence() >= c.limits.silence:
			return n, errSilent
		}
	}
}

// setDeadline has the next write to the socket return in time to look for
// progress.
func (c *progressConn) setDeadline() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := time.Now().Add(c.limits.interval())
	if c.interrupted {
		end = past
	} else if !c.limit.IsZero() && c.limit.Before(end) {
		end = c.limit
	}
	return c.Conn.SetWriteDeadline(end)
}

func (c *progressConn) isLimitReached() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.interrupted || !c.limit.IsZero() && !time.Now().Before(c.limit)
}

// SetWriteDeadline ends a present or later Write at end, whether the peer takes
// bytes or not. Zero means never.
func (c *progressConn) SetWriteDeadline(end time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = end
	if end.IsZero() {
		return nil // Write sets the deadline of the socket
	}
	return c.Conn.SetWriteDeadline(end)
}

// SetDeadline implements net.Conn.
func (c *progressConn) SetDeadline(end time.Time) error {
	return errors.Join(c.SetReadDeadline(end), c.SetWriteDeadline(end))
}

// interrupt ends a present and every later Write.
func (c *progressConn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupted = true
	c.Conn.SetWriteDeadline(past) // fails only if the socket is closed, which ends writes too
}

// CloseWrite closes the sending direction, if the socket can do that.
func (c *progressConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}
