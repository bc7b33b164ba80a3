//go:build unix

package send

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
)

// fullConn is a socket without room for the first writes.
type fullConn struct {
	net.Conn
	err      error         // of a write without room; nil blocks until the deadline
	full     int           // number of writes
	takes    time.Duration // of each of them
	writes   int
	deadline time.Time
	closed   bool
}

func (c *fullConn) Write(p []byte) (int, error) {
	if c.err == nil && !time.Now().Before(c.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	if c.writes++; c.writes > c.full {
		return len(p), nil
	}
	if c.err == nil {
		time.Sleep(time.Until(c.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(c.takes)
	return 0, c.err
}

func (c *fullConn) SetWriteDeadline(end time.Time) error { c.deadline = end; return nil }
func (c *fullConn) Close() error                         { c.closed = true; return nil }

func TestDatagramWaitsForRoom(t *testing.T) {
	noBuffer := os.NewSyscallError("sendto", syscall.ENOBUFS)
	for _, tt := range []struct {
		name     string
		err      error
		full     int
		age      time.Duration // of the deadline
		took     time.Duration
		noBuffer float64
		ok       bool
	}{
		{"room", noBuffer, 0, 0, 0, 0, true},
		{"no room twice", noBuffer, 2, 0, 3 * time.Millisecond, 2, true},
		{"no room ten times", noBuffer, 10, 0, 100 * time.Millisecond, 10, true},
		{"no room eleven times", noBuffer, 11, 0, 100 * time.Millisecond, 11, false},
		{"room, after a deadline of long ago", nil, 0, time.Hour, 0, 0, true},
		{"the socket waits, for longer than it may", nil, 1 << 30, time.Hour, 100 * time.Millisecond, 1, false},
	} {
		for _, transport := range []string{"udp://127.0.0.1:1", "unixgram:///x"} {
			t.Run(tt.name+", "+transport, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tr := open(t, transport, DialOptions{}).(*datagramTransport)
					defer tr.Close()
					c := &fullConn{err: tt.err, full: tt.full, deadline: time.Now().Add(100*time.Millisecond - tt.age)}
					tr.conn = c
					start := time.Now()
					err := tr.Deliver(t.Context(), []byte("a 1\n"))
					if d := time.Since(start); (err == nil) != tt.ok || d != tt.took {
						t.Errorf("Deliver returns %v after %v, want %v", err, d, tt.took)
					}
					if n := stats(tr)["no_buffer"]; n != tt.noBuffer {
						t.Errorf("%v are counted, want %v", n, tt.noBuffer)
					}
					if c.closed {
						t.Error("the socket was closed")
					}
				})
			})
		}
	}
}

// A datagram for which there is no room is dropped, as datadog-go does (its WriteTimeout
// is 100 ms, too), and the next one is sent without a backoff. If the receiver is gone,
// the datagram was not sent, and waits for a new one: datadogpy#514.
func TestWhatASenderDoesWithADatagramThatWasNotSent(t *testing.T) {
	syscallError := func(errno syscall.Errno) error {
		return &net.OpError{Op: "write", Net: "unixgram", Err: os.NewSyscallError("sendto", errno)}
	}
	const lost = "accepted=3 delivered=2 dropped=1(no_buffer=1) pending=0"
	const kept = "accepted=3 delivered=3 dropped=0 pending=0"
	for _, tt := range []struct {
		name   string
		err    error // of the writes of the first datagram; nil is that the socket blocks
		full   int   // number of these writes
		took   time.Duration
		closed bool // the socket
		want   string
	}{
		{"the receiver does not read", nil, 1, bufferTimeout, false, lost},
		{"ENOBUFS", syscallError(syscall.ENOBUFS), 11, bufferTimeout, false, lost},
		{"EAGAIN", syscallError(syscall.EAGAIN), 11, bufferTimeout, false, lost},
		{"ENOBUFS for a moment", syscallError(syscall.ENOBUFS), 2, 3 * time.Millisecond, false, kept},
		{"ECONNREFUSED", syscallError(syscall.ECONNREFUSED), 1, fast.InitialBackoff, true, kept},
		{"EPIPE", syscallError(syscall.EPIPE), 1, fast.InitialBackoff, true, kept},
		{"ENOENT", syscallError(syscall.ENOENT), 1, fast.InitialBackoff, true, kept},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "s")
				receiver := listenUnixgram(t, path)
				tr := open(t, "unixgram://"+path, DialOptions{}).(*datagramTransport)
				c := &fullConn{err: tt.err, full: tt.full, deadline: time.Now().Add(bufferTimeout)}
				tr.conn, tr.watch = c, watchPath(path)
				s := New(tr, fast)
				for range 3 {
					mustSend(t, s, "a 1\n", 1)
				}
				start := time.Now()
				for s.Ledger().Pending > 0 {
					time.Sleep(time.Millisecond)
				}
				if d := time.Since(start); d < tt.took*9/20 || d > tt.took*2+time.Millisecond {
					t.Errorf("it took %v, want about %v", d, tt.took)
				}
				if c.closed != tt.closed {
					t.Errorf("the socket was closed: %v", c.closed)
				}
				if s.Unavailable() == nil == strings.Contains(tt.want, "no_buffer") {
					t.Errorf("Unavailable: %v", s.Unavailable())
				}
				s.Close(within(t, time.Second))
				receiver.Close()
				checkLedger(t, s, tt.want)
			})
		})
	}
}

// lateConn is a socket of a process that does not run for a while after it has set
// a deadline.
type lateConn struct {
	net.Conn
	late int // how often
}

// SetWriteDeadline implements net.Conn.
func (c *lateConn) SetWriteDeadline(end time.Time) error {
	err := c.Conn.SetWriteDeadline(end)
	if c.late > 0 {
		c.late--
		time.Sleep(time.Until(end) + time.Millisecond)
	}
	return err
}

// NetConn returns the connection below.
func (c *lateConn) NetConn() net.Conn { return c.Conn }

// A write whose deadline has passed fails without an attempt. A busy machine is no
// reason to lose a datagram.
func TestDatagramIsSentThoughItsDeadlinePassedBeforeTheWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	udp, unixgram := faultsink.NewUDP(t), listenUnixgram(t, path)
	defer unixgram.Close()
	for _, tt := range []struct {
		addr string
		late int
		ok   bool
	}{
		{"udp://" + udp.Addr(), 1, true},
		{"udp://" + udp.Addr(), maxLate, true},
		{"udp://" + udp.Addr(), maxLate + 1, false},
		{"unixgram://" + path, 1, true},
	} {
		tr := open(t, tt.addr, DialOptions{}).(*datagramTransport)
		if err := tr.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		tr.conn.SetWriteDeadline(past)
		tr.conn = &lateConn{tr.conn, tt.late}
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); (err == nil) != tt.ok {
			t.Errorf("%s: Deliver of a process that was late %d times returns %v", tt.addr, tt.late, err)
		}
		if n := stats(tr)["no_buffer"]; (n == 0) != tt.ok {
			t.Errorf("%s: %v datagrams without room are counted of a process that was late %d times", tt.addr, n, tt.late)
		}
		tr.Close()
	}
	udp.WaitVisits(2)
}

// A receiver that does not read is no process that is late.
func TestDatagramThatTheReceiverDoesNotTakeIsNotLate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	receiver := listenUnixgram(t, path)
	defer receiver.Close()
	tr := open(t, "unixgram://"+path, DialOptions{}).(*datagramTransport)
	defer tr.Close()
	var err error
	for range 100_000 {
		if err = tr.Deliver(t.Context(), make([]byte, 1000)); err != nil {
			break
		}
	}
	if err == nil || classify(err).kind != noBuffer {
		t.Errorf("Deliver to a receiver that does not read returns %v", err)
	}
	tr.conn = &lateConn{tr.conn, 1}
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err == nil || classify(err).kind != noBuffer {
		t.Errorf("Deliver of a process that is late to a receiver that does not read returns %v", err)
	}
}

// The first attempt found no room, and there was no time for another one.
func TestDatagramIsTriedAgainAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := open(t, "udp://127.0.0.1:1", DialOptions{}).(*datagramTransport)
		defer tr.Close()
		tr.conn = &fullConn{err: os.NewSyscallError("sendto", syscall.ENOBUFS), full: 1, takes: 2 * bufferTimeout}
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitForRoomEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := open(t, "udp://127.0.0.1:1", DialOptions{}).(*datagramTransport)
		defer tr.Close()
		tr.conn = &fullConn{err: os.NewSyscallError("sendto", syscall.ENOBUFS), full: 1 << 30}
		start := time.Now()
		err := tr.Deliver(within(t, 5*time.Millisecond), []byte("a 1\n"))
		if d := time.Since(start); err == nil || d != 5*time.Millisecond {
			t.Errorf("Deliver returns %v after %v", err, d)
		}
	})
}

// An address that cannot be reached says nothing about the others.
func TestUnreachableAddressIsReplacedByTheNext(t *testing.T) {
	sink := faultsink.NewUDPAt(t, "127.0.0.3:0")
	_, port, _ := net.SplitHostPort(sink.Addr())
	names := newFakeNames("127.0.0.1", "127.0.0.3")
	tr := open(t, "udp://statsd.test:"+port, DialOptions{Lookup: names.lookup}).(*datagramTransport)
	defer tr.Close()
	if err := tr.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.conn.Close()
	tr.conn = &fullConn{err: os.NewSyscallError("sendto", syscall.ENETUNREACH), full: 1}
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err == nil || classify(err).kind != retry {
		t.Errorf("Deliver: %v", err)
	}
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
		t.Error(err)
	}
	sink.WaitLines(1)
}
