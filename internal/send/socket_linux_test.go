package send

import (
	"net"
	"os"
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

func TestUnacknowledgedBytesOfAPeerThatDoesNotRead(t *testing.T) {
	c := dialSocket(t, "tcp", faultsink.NewTCP(t, faultsink.NeverRead()).Addr())
	c.(*net.TCPConn).SetWriteBuffer(16 << 10)
	c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	c.Write(make([]byte, 64<<20)) // fills the buffers of both sides
	exact, vague := newSendBuffer(c, false), newSendBuffer(c, true)
	size, ok := exact.size()
	if !ok || size < 1000 || exact.isEmpty() {
		t.Fatalf("size %d, %v, is empty: %v", size, ok, exact.isEmpty())
	}
	for _, tt := range []struct {
		name    string
		b       sendBuffer
		n, want int
	}{
		{"no more than the last bytes written", exact, 1, 1},
		{"no more than the kernel holds", exact, 1 << 30, size},
		{"all if the size is not exact", vague, 1 << 30, 1 << 30},
		{"all if the size is not known", sendBuffer{}, 5, 5},
	} {
		if got := tt.b.unacked(tt.n); got != tt.want {
			t.Errorf("%s: unacked(%d) = %d, want %d", tt.name, tt.n, got, tt.want)
		}
	}
	if (sendBuffer{}).isEmpty() {
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

func TestKernelEndsAConnectionWithoutAcknowledgements(t *testing.T) {
	tr := open(t, "tcp://"+faultsink.NewTCP(t).Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	mustWrite(t, tr, "a 1\n")
	raw, err := tr.conn.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var ms int
	raw.Control(func(fd uintptr) { ms, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) })
	if err != nil || ms != 20_000 {
		t.Errorf("TCP_USER_TIMEOUT is %d ms, %v, want 20 s", ms, err)
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
