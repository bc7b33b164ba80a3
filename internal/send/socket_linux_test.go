package send

import (
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"monkit.example/internal/faultsink"
)

func dialSocket(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestOnlyPlainTCPKnowsHowManyBytesAreUnacknowledged(t *testing.T) {
	tcp := dialSocket(t, "tcp", faultsink.NewTCP(t).Addr())
	stream := dialSocket(t, "unix", faultsink.NewUnix(t).Addr())
	for _, tt := range []struct {
		name      string
		c         net.Conn
		encrypted bool
		exact     bool
	}{
		{"tcp", tcp, false, true},
		{"tls", tcp, true, false},
		{"unix", stream, false, false},
	} {
		b := newSendBuffer(tt.c, tt.encrypted)
		if n, ok := b.size(); !ok || n != 0 || b.exact != tt.exact {
			t.Errorf("%s: size %d, %v, exact is %v, want %v", tt.name, n, ok, b.exact, tt.exact)
		}
	}
}

// fill writes to c, whose peer does not read, until the buffers of both sides are
// full.
func fill(c net.Conn, b *sendBuffer) {
	p := make([]byte, 1<<20)
	for n := 1; n > 0 || b.isEmpty(); {
		c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, _ = c.Write(p)
	}
}

func TestUnacknowledgedBytesOfAPeerThatDoesNotRead(t *testing.T) {
	c := dialSocket(t, "tcp", faultsink.NewTCP(t, faultsink.NeverRead()).Addr())
	c.(*net.TCPConn).SetWriteBuffer(16 << 10)
	exact, vague := newSendBuffer(c, false), newSendBuffer(c, true)
	fill(c, exact)
	size, ok := exact.size()
	if !ok || size < 1000 || exact.isEmpty() {
		t.Fatalf("size %d, %v, is empty: %v", size, ok, exact.isEmpty())
	}
	for _, tt := range []struct {
		name    string
		b       *sendBuffer
		n, want int
	}{
		{"no more than the last bytes written", exact, 1, 1},
		{"no more than the kernel holds", exact, 1 << 30, size},
		{"all if the size is not exact", vague, 1 << 30, 1 << 30},
		{"all if the size is not known", &sendBuffer{}, 5, 5},
	} {
		if got := tt.b.unacked(tt.n); got != tt.want {
			t.Errorf("%s: unacked(%d) = %d, want %d", tt.name, tt.n, got, tt.want)
		}
	}
	if (&sendBuffer{}).isEmpty() {
		t.Error("a buffer of unknown size is reported as empty")
	}
}

func TestAcknowledgementsAfterAResetDoNotCount(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"closed", errPeerClosed, 0},
		{"reset", os.NewSyscallError("read", syscall.ECONNRESET), 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr, _, _ := pipeTransport(t)
			defer tr.Reset()
			// The kernel holds no bytes of this socket: all are acknowledged.
			tr.conn.buffer = newSendBuffer(dialSocket(t, "tcp", faultsink.NewTCP(t).Addr()), false)
			tr.conn.written = 4
			tr.conn.mu.Lock()
			tr.conn.err = tt.err
			tr.conn.mu.Unlock()
			if n, err := tr.Unacked(); n != tt.want || (err != nil) != (tt.want > 0) {
				t.Errorf("Unacked returns %d, %v, want %d", n, err, tt.want)
			}
		})
	}
}

func TestWriteToAStreamDoesNotAllocate(t *testing.T) {
	tr := open(t, "tcp://"+faultsink.NewTCP(t).Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	ctx, line := t.Context(), []byte("a 1\n")
	if n := testing.AllocsPerRun(100, func() {
		tr.Write(ctx, line)
		tr.Unacked()
	}); n > 1 { // the sink allocates too
		t.Errorf("%v allocations a write, want none", n)
	}
	if n, err := tr.Write(ctx, line); n != 4 || err != nil {
		t.Errorf("Write returns %d, %v", n, err)
	}
}

// TCP_USER_TIMEOUT would end connections to slow readers, and replaces the
// limits of keepalive.
func TestKernelHasNoUserTimeoutAndSendsKeepalives(t *testing.T) {
	tr := open(t, "tcp://"+faultsink.NewTCP(t).Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	mustWrite(t, tr, "a 1\n")
	raw, err := tr.conn.sock.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for option, want := range map[int]int{unix.TCP_USER_TIMEOUT: 0, unix.TCP_KEEPIDLE: 15, unix.TCP_KEEPINTVL: 5, unix.TCP_KEEPCNT: 3} {
		raw.Control(func(fd uintptr) {
			if got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option); err != nil || got != want {
				t.Errorf("option %d is %d, %v, want %d", option, got, err, want)
			}
		})
	}
}

func TestDatagramThatTheKernelCallsTooLongIsOversize(t *testing.T) {
	tr := open(t, "udp://127.0.0.1:1", DialOptions{}).(*datagramTransport)
	defer tr.Close()
	tr.conn = &refusingConn{err: os.NewSyscallError("write", syscall.EMSGSIZE), refuse: 1}
	err := tr.Deliver(t.Context(), []byte("a 1\n"))
	if e := classify(err); e.kind != oversize {
		t.Errorf("Deliver returns %v", err)
	}
}

// vanish has the peer's system ignore every segment for c, as if the machine
// had lost its power.
func vanish(t *testing.T, c net.Conn) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	ignore := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
	raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &ignore[0]})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVanishedPeerIsFoundWhetherSomethingIsWrittenOrNot(t *testing.T) {
	for _, size := range []int{4, 64 << 20} { // the latter fills every buffer
		vanished := make(chan struct{})
		sink := faultsink.NewTCP(t, func(c *faultsink.Conn) {
			vanish(t, c.Conn)
			close(vanished)
			c.Read(make([]byte, 1)) // until the test ends
		})
		tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
		tr.limits = limits{progress: time.Hour, silence: time.Second, drain: drainTime}
		if err := tr.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-vanished
		n, err := tr.Write(t.Context(), make([]byte, size))
		for size == n && err == nil {
			time.Sleep(minPoll)
			_, err = tr.Unacked()
		}
		if !errors.Is(err, errSilent) {
			t.Errorf("%d bytes: %v, want %v", size, err, errSilent)
		}
		if lost := tr.Reset(); lost != n {
			t.Errorf("%d bytes may have arrived, want %d", lost, n)
		}
		tr.Abort()
		tr.Close()
	}
}

// A peer that keeps its window closed lives, and is not silent.
func TestPeerThatDoesNotReadStallsButIsNotSilent(t *testing.T) {
	sink := faultsink.NewTCP(t, faultsink.NeverRead())
	tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	// The kernel asks the peer for its window less and less often: in the third
	// second it does not.
	tr.limits = limits{progress: 3 * time.Second, silence: time.Second, drain: drainTime}
	n, err := tr.Write(t.Context(), make([]byte, 64<<20))
	if n == 0 || !errors.Is(err, errStalled) {
		t.Errorf("Write returns %d, %v, want %v", n, err, errStalled)
	}
	if lost := tr.Reset(); lost == 0 || lost > n {
		t.Errorf("%d of %d bytes are not acknowledged", lost, n)
	}
}

// slowSink reads 80 KB/s, with a receive buffer so small that its system
// acknowledges bytes several times a second.
func slowSink(t *testing.T) *faultsink.Sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10) })
	if err != nil {
		t.Fatal(err)
	}
	return faultsink.Serve(t, l, faultsink.Slow(4096, 50*time.Millisecond))
}

// The whole takes far longer than a peer may take no bytes at all.
func TestSlowReaderGetsEveryLineOnce(t *testing.T) {
	sink := slowSink(t)
	tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
	tr.limits.progress = 1500 * time.Millisecond // a busy machine may stop the sink for half a second
	if err := tr.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.conn.sock.(*net.TCPConn).SetWriteBuffer(32 << 10)
	s := New(tr, fast)
	want := sendNumbered(t, s, 10, 1000)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := sink.WaitLines(len(want)); !slices.Equal(got, want) {
		t.Errorf("%d lines arrived, %d were sent", len(got), len(want))
	}
	if n := stats(tr)["connects"]; n != 1 {
		t.Errorf("%v connections", n)
	}
	checkLedger(t, s, "accepted=10000 delivered=10000 dropped=0 pending=0")
}

// The system may have no room for more bytes although the peer takes some.
func TestAcknowledgementsAreProgress(t *testing.T) {
	sink := slowSink(t)
	c := dialSocket(t, "tcp", sink.Addr())
	if _, err := c.Write(numbered(0, 4000)); err != nil {
		t.Fatal(err)
	}
	b := newSendBuffer(c, false)
	p := &progressConn{Conn: &fullConn{full: 1 << 30}, buffer: b, limits: limits{500 * time.Millisecond, time.Hour, time.Hour}, giveUp: func() error { return nil }}
	if n, err := p.Write([]byte("a 1\n")); n != 0 || !errors.Is(err, errStalled) {
		t.Errorf("Write returns %d, %v", n, err)
	}
	if size, ok := b.size(); !ok || size > 0 {
		t.Errorf("Write gives up while the peer takes bytes: %d are left", size)
	}
}
