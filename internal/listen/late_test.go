//go:build unix

package listen

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// lateness is that of a process that does not run for a while after it has set a
// deadline that is near, once.
type lateness struct{ was atomic.Bool }

func (l *lateness) sleepPast(end time.Time) {
	if left := time.Until(end); left > 0 && left <= quietTime && !l.was.Swap(true) {
		time.Sleep(left + time.Millisecond)
	}
}

type lateListener struct {
	*net.TCPListener
	lateness lateness
}

// SetDeadline is that of net.TCPListener.
func (l *lateListener) SetDeadline(end time.Time) error {
	err := l.TCPListener.SetDeadline(end)
	l.lateness.sleepPast(end)
	return err
}

// Accept implements net.Listener.
func (l *lateListener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return &lateConn{TCPConn: conn}, nil
}

type lateConn struct {
	*net.TCPConn
	lateness lateness
}

// SetReadDeadline implements net.Conn.
func (c *lateConn) SetReadDeadline(end time.Time) error {
	err := c.TCPConn.SetReadDeadline(end)
	c.lateness.sleepPast(end)
	return err
}

// A read whose deadline has passed fails without an attempt. On a busy machine that
// is no sign that nothing has arrived.
func TestEndReadsWhatHasArrivedThoughADeadlinePassedBefore(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{})
	late := &lateListener{TCPListener: r.stream.(*net.TCPListener)}
	r.stream = late
	const conns = 3
	for range conns {
		write(t, r.dial(t), "a 1\nb 2\n")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // before any connection is accepted
	r.end = cancel
	go func() { r.done <- r.Run(ctx, r.take) }()
	if in := r.stop(t); in.Accepted != 2*conns {
		t.Errorf("counts are %+v", in)
	}
	if got, want := r.got(), strings.Repeat("a 1\nb 2\n", conns); got != want {
		t.Errorf("took %q", got)
	}
	if !late.lateness.was.Load() {
		t.Error("no deadline passed before the accept")
	}
}
