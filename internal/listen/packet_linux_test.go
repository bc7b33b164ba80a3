package listen

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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

func TestAddressSetsTheReceiveBuffer(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0?rcvbuf=64KiB", Options{RcvBuf: 4096})
	if n := r.stat("rcvbuf_bytes"); n != 64<<10 {
		t.Errorf("the buffer is %v bytes", n)
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
		benchUDP(b, func(r *running, put func([]byte, bool)) {
			for r.packet.readNow(put) == nil {
			}
		})
	})
	b.Run("read", func(b *testing.B) {
		buf := make([]byte, maxDatagram)
		benchUDP(b, func(r *running, put func([]byte, bool)) {
			for range burst {
				var n int
				var err error
				r.packet.sys.raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), buf) })
				if err != nil {
					b.Fatal(err)
				}
				put(buf[:n], false)
			}
		})
	})
}

func benchUDP(b *testing.B, drain func(*running, func([]byte, bool))) {
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
