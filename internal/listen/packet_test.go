package listen

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	"monkit.example/internal/endpoint"
)

func TestDatagrams(t *testing.T) {
	long := strings.Repeat("x", 32000)
	for _, tt := range []struct {
		name string
		sent []string
		want string
	}{
		{"lines come as they are", []string{"a 1\nb 2\n"}, "a 1\nb 2\n"},
		{"the end of a datagram ends its last line", []string{"a 1", "b 2"}, "a 1\nb 2\n"},
		{"datagrams are never joined", []string{"a", " 1\n"}, "a\n 1\n"},
		{"an empty one is nothing", []string{"", "a 1\n"}, "a 1\n"},
		{"64 KiB are taken whole", []string{long + "\n" + long + " 1"}, long + "\n" + long + " 1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := listen(t, "udp://127.0.0.1:0", Options{})
			conn := r.dial(t)
			for _, text := range tt.sent {
				write(t, conn, text)
			}
			waitFor(t, "taking", func() bool { return r.got() == tt.want })
			if n := r.stat("datagrams"); int(n) != len(tt.sent) {
				t.Errorf("counted %v datagrams", n)
			}
			r.stop(t)
		})
	}
}

// A datagram can be more than a read takes only where it came through the file
// system.
func TestADatagramThatIsCutLosesOnlyItsTail(t *testing.T) {
	path := socketPath(t)
	r := listen(t, "unixgram://"+path, Options{})
	conn := r.dial(t)
	line := strings.Repeat("x", 999) + "\n"
	if _, err := conn.Write([]byte(strings.Repeat(line, 70))); err != nil {
		r.stop(t)
		t.Skipf("this system sends no datagrams of 70 kB: %v", err)
	}
	whole := maxDatagram / len(line)
	waitFor(t, "taking", func() bool { return r.got() == strings.Repeat(line, whole) })
	r.stop(t)
	if in := r.Intake(); in.Rejected["truncated_tail"] != 1 {
		t.Errorf("intake is %+v", in)
	}
}

func TestAFullRingRefusesAndCounts(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RingBytes: 1000})
	r.block = make(chan struct{})
	r.start(t)
	conn := r.dial(t)
	for n := range 400 {
		write(t, conn, fmt.Sprintf("line.%d 1\n\nline.%d 2\n", n, n))
	}
	waitFor(t, "reading", func() bool { return r.stat("datagrams") == 400 })
	if now := r.stat("ring_bytes"); now > 1000 {
		t.Errorf("the ring holds %v bytes", now)
	}
	close(r.block)
	r.stop(t)
	refused := r.stat("datagrams_ring_full")
	in := r.Intake()
	if refused == 0 || float64(in.Rejected["ring_full"]) != 2*refused {
		t.Errorf("%v datagrams, intake is %+v", refused, in)
	}
	if lines := countLines([]byte(r.got())) + in.Rejected["ring_full"]; lines != 800 {
		t.Errorf("%d of 800 lines are accounted for", lines)
	}
}

// What the kernel holds when the end comes is taken before it.
func TestTheEndDrainsTheKernel(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	conn := r.dial(t)
	const datagrams = 500 // more than a few reads, less than any kernel's queue
	for n := range datagrams {
		write(t, conn, fmt.Sprintf("line.%d 1\n", n))
	}
	r.start(t)
	r.stop(t) // at once
	if n := strings.Count(r.got(), "\n"); n != datagrams {
		t.Errorf("took %d of %d lines", n, datagrams)
	}
	if n := r.stat("datagrams"); n != datagrams {
		t.Errorf("counted %v datagrams", n)
	}
}

// BenchmarkUDP reads full frames as fast as one goroutine sends them; what the
// ring refuses is read all the same.
func BenchmarkUDP(b *testing.B) {
	ep := endpoint.Endpoint{Transport: endpoint.UDP, Address: "127.0.0.1:0"}
	l, err := Open(ep, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("udp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	frame := bytes.Repeat([]byte("a.bc.def 1 1700000000\n"), 65)
	const burst = 256 // what any kernel's queue holds
	lines, taken := 0, []byte(nil)
	take := func(p []byte, cut bool) { l.takePacket(p, cut) }
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range burst {
			if _, err := conn.Write(frame); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		for l.packet.drain(take) == nil {
		}
		taken, _ = l.ring.take(taken)
		lines += len(taken) / len(frame) * 65
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}
