package listen

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheKernelsDropsAreCounted(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RcvBuf: 4096})
	conn := r.dial(t)
	text := strings.Repeat("a.b.c 1 1700000000\n", 70)
	const sent = 200
	for range sent { // nobody reads yet
		write(t, conn, text)
	}
	dropped, ok := r.KernelDrops()
	if !ok || dropped == 0 || r.stat("kernel_queue_bytes") == 0 {
		t.Fatalf("KernelDrops() = %v, %v", dropped, ok)
	}
	r.start(t)
	r.stop(t)
	if after, ok := r.KernelDrops(); !ok || after != dropped {
		t.Errorf("after the end KernelDrops() = %v, %v, before it %v", after, ok, dropped)
	}
	if n := r.stat("datagrams") + r.stat("kernel_dropped_datagrams"); n != sent {
		t.Errorf("%v of %d datagrams are accounted for", n, sent)
	}
	if n := r.stat("kernel_queue_bytes"); n != 0 {
		t.Errorf("the closed socket's queue holds %v bytes", n)
	}
}

func TestTheReceiveBufferIsAsTheAddressSays(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0?rcvbuf=64KiB", Options{RcvBuf: 4096})
	if n := r.stat("rcvbuf_bytes"); n != 64<<10 {
		t.Errorf("the buffer is %v bytes", n)
	}
}

const (
	frame      = "a.bc.def 1 1700000000\n"
	frameLines = 65 // as fit into an Ethernet frame
	burst      = 32 // what any kernel's queue holds of them
)

func TestADatagramAllocatesNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	r.packet.coalescer.delay.length, r.ring.delay.length = 0, 0
	conn, text := r.dial(t), []byte(strings.Repeat(frame, frameLines))
	take, taken := r.takePacket, []byte(nil)
	pass := func() {
		for range burst {
			conn.Write(text) // what is lost is missing below
		}
		for got := 0; got < burst; got += r.packet.sys.n {
			if err := r.packet.read(nil, take); err != nil {
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

// BenchmarkUDP takes full frames in, many with one system call or each with
// its own.
func BenchmarkUDP(b *testing.B) {
	b.Run("recvmmsg", func(b *testing.B) {
		benchUDP(b, func(r *running, take func([]byte, bool)) {
			for r.packet.readNow(take) == nil {
			}
		})
	})
	b.Run("read", func(b *testing.B) {
		buf := make([]byte, maxDatagram)
		benchUDP(b, func(r *running, take func([]byte, bool)) {
			for range burst {
				var n int
				var err error
				r.packet.sys.raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), buf) })
				if err != nil {
					b.Fatal(err)
				}
				take(buf[:n], false)
			}
		})
	})
}

func benchUDP(b *testing.B, drain func(*running, func([]byte, bool))) {
	r := open(b, "udp://127.0.0.1:0", Options{})
	conn, text := r.dial(b), bytes.Repeat([]byte(frame), frameLines)
	take, taken, lines := r.takePacket, []byte(nil), 0
	r.ring.delay.length = 0 // or it would be measured
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range burst {
			if _, err := conn.Write(text); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		drain(r, take)
		taken, _ = r.ring.take(taken)
		lines += len(taken) / len(frame)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}
