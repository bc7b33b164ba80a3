package listen

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// events returns how many events the one-shot poll of r holds: any of them
// would wake a thread.
func (r *running) events(t *testing.T) int {
	t.Helper()
	var n int
	var err error
	p := r.packet.coalescer.poll
	if e := p.raw.Control(func(epfd uintptr) { n, err = unix.EpollWait(int(epfd), make([]unix.EpollEvent, 1), 0) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n
}

func TestDatagramMakesAnEventOnlyDuringAWait(t *testing.T) {
	for _, transport := range []string{"udp", "unixgram"} {
		t.Run(transport, func(t *testing.T) {
			addr := transport + "://127.0.0.1:0"
			if transport == "unixgram" {
				addr = transport + "://" + socketPath(t)
			}
			r := open(t, addr, Options{})
			conn := r.dial(t)
			for range 3 {
				write(t, conn, "a 1\n")
				if r.events(t) != 0 {
					t.Error("an event before the wait")
				}
				if err := r.packet.coalescer.poll.wait(); err != nil {
					t.Fatal(err)
				}
				write(t, conn, "b 2\n")
				if r.events(t) != 0 {
					t.Error("an event after the wait")
				}
			}
		})
	}
}

// Each datagram is sent after the one before was read, so that a datagram
// that does not end the wait would stop the test.
func TestEveryDatagramEndsTheWait(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	r.packet.coalescer.delay.length = 0
	conn := r.dial(t)
	next := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range next {
			conn.Write([]byte("a 1\n")) // if it fails the reader waits until the test times out
		}
	}()
	for range 5000 {
		next <- struct{}{}
		got := 0
		for got == 0 {
			if err := r.packet.read(nil, func([]byte, Sender, bool) { got++ }); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(next)
	<-done
}

func TestQuickDatagramsDelayTheNextRead(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	r.packet.coalescer.delay.length = time.Hour
	conn, done := r.dial(t), make(chan struct{})
	read := func() error { return r.packet.read(done, func([]byte, Sender, bool) {}) }
	r.packet.coalescer.wait(done)
	r.packet.coalescer.consumed(none) // so the first read waits for the poll
	write(t, conn, "a 1\n")
	if err := read(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- read() }()
	write(t, conn, "b 2\n")
	select {
	case <-ended:
		t.Fatal("the second read is not delayed")
	case <-time.After(20 * time.Millisecond):
	}
	close(done)
	if err := <-ended; err != nil {
		t.Errorf("the delayed read = %v", err)
	}
}

func TestFullReadDelaysNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	conn := r.dial(t)
	for range perRead + 1 {
		write(t, conn, "a 1\n")
	}
	for _, want := range []int{perRead, 1} {
		got := 0
		if err := r.packet.read(nil, func([]byte, Sender, bool) { got++ }); err != nil || got != want {
			t.Fatalf("read() = %v with %d datagrams, want %d", err, got, want)
		}
		if due := r.packet.coalescer.due; due != (want < perRead) {
			t.Errorf("after %d datagrams of %d the next delay is due: %v", got, perRead, due)
		}
	}
}

func TestEndOfTheSocketEndsTheWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(r *running)
		want error
	}{
		{"interrupted", func(r *running) { r.packet.interrupt() }, os.ErrDeadlineExceeded},
		{"closed", func(r *running) { r.Close() }, net.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := open(t, "udp://127.0.0.1:0", Options{})
			ended := make(chan error)
			go func() { ended <- r.packet.read(nil, func([]byte, Sender, bool) {}) }()
			tt.end(r) // before the wait, or during it
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("read() = %v, want %v", err, tt.want)
			}
			if err := r.packet.read(nil, func([]byte, Sender, bool) {}); !errors.Is(err, tt.want) {
				t.Errorf("read() after the end = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestPollAllocatesNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	write(t, r.dial(t), "a 1\n")
	if n := testing.AllocsPerRun(100, func() {
		if err := r.packet.coalescer.poll.wait(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// wakes reports whether the kernel would wake a reader that waits for conn.
func wakes(t *testing.T, conn net.Conn) bool {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if e := raw.Control(func(fd uintptr) {
		for n, err = -1, unix.EINTR; err == unix.EINTR; { // the runtime's signals interrupt it
			n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		}
	}); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n > 0
}

// unread returns how many bytes the kernel holds for the reader of conn.
func unread(t *testing.T, conn net.Conn) int {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if e := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n
}

func TestRaisedLowWaterMarkHoldsBackSmallWrites(t *testing.T) {
	f := newFed(t)
	conn := f.s.conn.(*coalescedConn).Conn
	l := newLowWater(conn)
	l.raise()
	write(t, f.from, "a")
	waitFor(t, "arrival", func() bool { return unread(t, conn) == 1 })
	if wakes(t, conn) {
		t.Error("a small write wakes the reader")
	}
	l.restore()
	if !wakes(t, conn) {
		t.Error("a byte that arrived before restore does not wake the reader")
	}
	l.raise()
	write(t, f.from, strings.Repeat("b 2\n", raisedMark/4))
	waitFor(t, "waking for much", func() bool { return wakes(t, conn) })
}

func TestEndOfStreamWakesDespiteTheLowWaterMark(t *testing.T) {
	f := newFed(t)
	conn := f.s.conn.(*coalescedConn).Conn
	newLowWater(conn).raise()
	write(t, f.from, "a 1\n")
	f.from.Close()
	waitFor(t, "waking", func() bool { return wakes(t, conn) })
}

func TestLowWaterMarkIsRaisedDuringTheDelay(t *testing.T) {
	f := newFed(t)
	tcp, done := f.s.conn.(*coalescedConn).Conn, make(chan struct{})
	conn := newCoalescedConn(tcp, done)
	conn.coalescer.due, conn.coalescer.delay.length = true, time.Hour
	write(t, f.from, "a 1\n")
	read := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 100))
		read <- err
	}()
	waitFor(t, "arrival without waking", func() bool { return unread(t, tcp) == 4 && !wakes(t, tcp) })
	close(done) // the delay is over
	if err := <-read; err != nil {
		t.Error(err)
	}
	write(t, f.from, "b 2\n")
	waitFor(t, "waking", func() bool { return wakes(t, tcp) })
}

func TestOnlyTCPHasALowWaterMark(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	l := newLowWater(here)
	if l != nil {
		t.Errorf("newLowWater() = %v for a pipe", l)
	}
	l.raise() // does nothing
	l.restore()
}

func TestLowWaterMarkAllocatesNothing(t *testing.T) {
	l := newLowWater(newFed(t).s.conn.(*coalescedConn).Conn)
	if n := testing.AllocsPerRun(100, func() { l.raise(); l.restore() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
