package listen

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"monkit.example/internal/endpoint"
)

func TestDatagramsThatTheKernelDroppedAreCounted(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RcvBuf: 4096})
	conn := r.dial(t)
	text := strings.Repeat("a.b.c 1 1700000000\n", 70)
	const sent = 200
	for range sent { // before the listener reads
		write(t, conn, text)
	}
	dropped, ok := r.KernelDrops()
	if !ok || dropped == 0 || r.stat("kernel_queue_bytes") == 0 {
		t.Fatalf("KernelDrops() = %v, %v", dropped, ok)
	}
	r.start(t)
	r.stop(t)
	if after, ok := r.KernelDrops(); !ok || after != dropped {
		t.Errorf("KernelDrops() after the end = %v, %v, want %v as before", after, ok, dropped)
	}
	if n := r.stat("datagrams") + r.stat("kernel_dropped_datagrams"); n != sent {
		t.Errorf("%v of %d datagrams are accounted for", n, sent)
	}
	if n := r.stat("kernel_queue_bytes"); n != 0 {
		t.Errorf("the closed socket's queue holds %v bytes", n)
	}
}

func TestClosedListenerKeepsItsLastKernelCounts(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RcvBuf: 4096})
	conn := r.dial(t)
	for range 200 {
		write(t, conn, strings.Repeat("a.b.c 1 1700000000\n", 70))
	}
	r.Close()
	if dropped, ok := r.KernelDrops(); !ok || dropped == 0 {
		t.Errorf("KernelDrops() = %v, %v", dropped, ok)
	}
	if n := r.stat("kernel_queue_bytes"); n != 0 {
		t.Errorf("the queue of a closed socket has %v bytes", n)
	}
}

func TestDropsAreCountedBeyond32Bits(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	m := meminfo{}
	want := int64(0)
	for _, more := range []uint32{1, 1<<32 - 1, 5, 0, 1 << 31} {
		want += int64(more)
		m.call = func(uintptr) { m.info[skDrops] += more }
		if got := m.ask(r.packet.sys.raw); !got.known || got.drops != want {
			t.Errorf("counted %+v, want %d drops", got, want)
		}
	}
	m.call = func(uintptr) { m.errno = unix.ENOPROTOOPT }
	if got := m.ask(r.packet.sys.raw); got.known || got.drops != want {
		t.Errorf("after an error counted %+v", got)
	}
}

func TestAddressSetsTheReceiveBuffer(t *testing.T) {
	var log bytes.Buffer
	r := open(t, "udp://127.0.0.1:0?rcvbuf=64KiB", Options{RcvBuf: 4096, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if n := r.stat("rcvbuf_bytes"); n != 64<<10 {
		t.Errorf("the buffer has %v bytes", n)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}

func TestSmallerReceiveBufferIsLogged(t *testing.T) {
	var log bytes.Buffer
	open(t, "udp://127.0.0.1:0", Options{RcvBuf: maxRcvBuf + 4096, Logger: slog.New(slog.NewTextHandler(&log, nil))}) // more than any kernel gives
	if text := log.String(); !strings.Contains(text, "smaller receive buffer") || !strings.Contains(text, "net.core.rmem_max=1073745920") {
		t.Errorf("logged %q", text)
	}
}

// stopGC keeps the garbage collector from closing files that nothing refers
// to, until the test ends.
func stopGC(t *testing.T) {
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
}

// countDescriptors returns how many descriptors of this process refer to the file
// behind raw.
func countDescriptors(t *testing.T, raw syscall.RawConn) int {
	t.Helper()
	var want unix.Stat_t
	var err error
	if e := raw.Control(func(fd uintptr) { err = unix.Fstat(int(fd), &want) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		var got unix.Stat_t // Stat fails for the descriptor of the folder, which is closed
		if unix.Stat("/proc/self/fd/"+name.Name(), &got) == nil && got.Dev == want.Dev && got.Ino == want.Ino {
			n++
		}
	}
	return n
}

func TestDatagramListenerHasOneDescriptorOfItsSocket(t *testing.T) {
	stopGC(t)
	for _, addr := range []string{"udp://127.0.0.1:0", "unixgram://" + socketPath(t)} {
		r := open(t, addr, Options{})
		if n := countDescriptors(t, r.packet.sys.raw); n != 1 {
			t.Errorf("%s: %d descriptors of the socket, want 1", addr, n)
		}
	}
}

// fileConn pretends that a regular file is a datagram socket. An epoll
// instance does not accept one.
type fileConn struct {
	net.PacketConn
	file *os.File
}

func (c fileConn) SyscallConn() (syscall.RawConn, error) { return c.file.SyscallConn() }

func (c fileConn) Close() error { return nil } // the test closes file

func TestSetUpThatFailsClosesTheSocket(t *testing.T) {
	stopGC(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	raw, err := file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	before := openDescriptors(t)
	c := &packetConn{}
	if err := c.setUp(fileConn{file: file}, endpoint.Endpoint{Transport: endpoint.UDP}, Options{}.withDefaults()); err == nil || !strings.Contains(err.Error(), "epoll") {
		t.Errorf("setUp() = %v, want an error of epoll", err)
	}
	if n := countDescriptors(t, raw); n != 1 {
		t.Errorf("%d descriptors of the file, want only the one of the test", n)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors are open, want %d as before", after, before)
	}
}

// A socket that is bound to no name gets an abstract one, and has no file to
// claim.
func TestOpenThatFailsClosesTheSocket(t *testing.T) {
	stopGC(t)
	for _, transport := range []string{"unix", "unixgram"} {
		before := openDescriptors(t)
		if _, err := Open(endpoint.Endpoint{Transport: transport}, Options{}); err == nil || !strings.Contains(err.Error(), "find the file") {
			t.Errorf("Open() = %v", err)
		}
		if after := openDescriptors(t); after != before {
			t.Errorf("%s: %d descriptors are open, want %d as before", transport, after, before)
		}
	}
}

func TestClosedDatagramListenerHasNoDescriptors(t *testing.T) {
	stopGC(t)
	before := openDescriptors(t)
	r := open(t, "udp://127.0.0.1:0", Options{})
	if n := openDescriptors(t); n != before+2 {
		t.Errorf("an open listener has %d descriptors, want the socket and its epoll instance", n-before)
	}
	r.Close()
	if n := openDescriptors(t); n != before {
		t.Errorf("a closed listener has %d descriptors", n-before)
	}
}

// openDescriptors returns how many descriptors this process has, of any kind.
// The runtime must have opened those of its poller, and no other test may be
// running.
func openDescriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestReadsThatFailAreCountedAndRetried(t *testing.T) {
	var log bytes.Buffer
	r := open(t, "udp://127.0.0.1:0", Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	const failures = 3
	left, receive := failures, r.packet.sys.call
	r.packet.sys.call = func(fd uintptr) {
		if receive(fd); r.packet.sys.errno == 0 || left == 0 {
			return
		}
		left--
		r.packet.sys.n, r.packet.sys.errno = -1, unix.ENOBUFS
	}
	r.start(t)
	waitFor(t, "errors", func() bool { return r.stat("errors") == failures })
	write(t, r.dial(t), "a 1\n")
	r.waitForText(t, "a 1\n")
	r.stop(t)
	if n := r.stat("errors"); n != failures {
		t.Errorf("counted %v errors, want %d", n, failures)
	}
	if text := log.String(); strings.Count(text, "reading datagrams failed") != 1 || !strings.Contains(text, "reading datagrams works again") || !strings.Contains(text, "failures=3") {
		t.Errorf("logged:\n%s", text)
	}
}

const (
	frame      = "a.bc.def 1 1700000000\n"
	frameLines = 65 // fit into an Ethernet frame
	burst      = 32 // frames fit into any kernel's buffer
)

func TestDatagramAllocatesNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	r.packet.coalescer.delay.length, r.ring.delay.length = 0, 0
	conn, text := r.dial(t), []byte(strings.Repeat(frame, frameLines))
	put, taken := r.putPacket, []byte(nil)
	pass := func() {
		for range burst {
			conn.Write(text) // a loss shows below
		}
		for got := 0; got < burst; got += r.packet.sys.n {
			if err := r.packet.read(nil, put); err != nil {
				t.Fatal(err)
			}
		}
		taken, _ = r.ring.take(taken)
	}
	for range 3 {
		pass()
	}
	if n := testing.AllocsPerRun(50, pass); n != 0 {
		t.Errorf("%v allocations for %d datagrams", n, burst)
	}
	if len(taken) != burst*len(text) {
		t.Errorf("took %d bytes", len(taken))
	}
}

// BenchmarkUDP measures how full frames are read: many with one system call,
// or one with each.
func BenchmarkUDP(b *testing.B) {
	b.Run("recvmmsg", func(b *testing.B) {
		benchUDP(b, func(r *running, put func([]byte, Sender, bool)) {
			for r.packet.readNow(put) == nil {
			}
		})
	})
	b.Run("read", func(b *testing.B) {
		buf := make([]byte, maxDatagram)
		benchUDP(b, func(r *running, put func([]byte, Sender, bool)) {
			for range burst {
				var n int
				var err error
				r.packet.sys.raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), buf) })
				if err != nil {
					b.Fatal(err)
				}
				put(buf[:n], Sender{}, false)
			}
		})
	})
}

func benchUDP(b *testing.B, drain func(*running, func([]byte, Sender, bool))) {
	r := open(b, "udp://127.0.0.1:0", Options{})
	conn, text := r.dial(b), bytes.Repeat([]byte(frame), frameLines)
	put, taken, lines := r.putPacket, []byte(nil), 0
	r.ring.delay.length = 0 // or the delay would be measured
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range burst {
			if _, err := conn.Write(text); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		drain(r, put)
		taken, _ = r.ring.take(taken)
		lines += len(taken) / len(frame)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}
