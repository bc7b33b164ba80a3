package listen

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"monkit.example/reporters/ledger"
)

func TestDatagramsBecomeLines(t *testing.T) {
	const largest = 65507 // of IPv4
	long := strings.Repeat("x", 32000)
	for _, tt := range []struct {
		name string
		sent []string
		want string
	}{
		{"lines are passed on unchanged", []string{"a 1\nb 2\n"}, "a 1\nb 2\n"},
		{"end of a datagram ends its last line", []string{"a 1", "b 2"}, "a 1\nb 2\n"},
		{"datagrams are never joined", []string{"a", " 1\n"}, "a\n 1\n"},
		{"empty datagram brings no line", []string{"", "a 1\n"}, "a 1\n"},
		{"largest datagram is read whole", []string{long + "\n" + long + "\n" + strings.Repeat("y", largest-64002)}, long + "\n" + long + "\n" + strings.Repeat("y", largest-64002) + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := listen(t, "udp://127.0.0.1:0", Options{})
			conn := r.dial(t)
			for _, text := range tt.sent {
				if _, err := conn.Write([]byte(text)); err != nil {
					t.Skipf("this system sends no datagrams of %d bytes: %v", len(text), err)
				}
			}
			r.waitForText(t, tt.want)
			if n := r.stat("datagrams"); int(n) != len(tt.sent) {
				t.Errorf("counted %v datagrams", n)
			}
			if in := r.stop(t); in.Received != in.Accepted {
				t.Errorf("counts are %+v", in)
			}
		})
	}
}

// Only a datagram of a unix socket can be larger than the buffer of a read.
func TestCutDatagramLosesOnlyItsTail(t *testing.T) {
	r := listen(t, "unixgram://"+socketPath(t), Options{})
	conn := r.dial(t)
	line := strings.Repeat("x", 999) + "\n"
	if _, err := conn.Write([]byte(strings.Repeat(line, 70))); err != nil {
		t.Skipf("this system sends no datagrams of 70 kB: %v", err)
	}
	write(t, conn, "a 1")
	whole := int64(maxDatagram / len(line))
	r.waitForText(t, strings.Repeat(line, int(whole))+"a 1\n")
	if in := r.stop(t); in.Rejected[ledger.Truncated] != 1 || in.Accepted != whole+1 {
		t.Errorf("counts are %+v", in)
	}
}

func TestFullRingRejectsDatagramsAndCountsTheirLines(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RingBytes: 1000})
	r.block = make(chan struct{})
	r.start(t)
	conn := r.dial(t)
	for n := range 400 {
		write(t, conn, fmt.Sprintf("line.%d 1\n\n \t\r\nline.%d 2", n, n))
	}
	waitFor(t, "reading", func() bool { return r.stat("datagrams") == 400 })
	if now, most := r.stat("ring_bytes"), r.stat("ring_max_bytes"); now > 1000 || most > 1000 || most == 0 {
		t.Errorf("the ring holds %v bytes, it held %v", now, most)
	}
	close(r.block)
	in := r.stop(t)
	rejected := r.stat("rejected_datagrams")
	if rejected == 0 || float64(in.Rejected[ledger.RingFull]) != 2*rejected || in.Received != 800 {
		t.Errorf("rejected %v datagrams, counts are %+v", rejected, in)
	}
}

func TestEmptyDatagramIsNeverRejected(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RingBytes: 1})
	r.putPacket([]byte("a 1\n"), false) // more than the ring holds
	r.putPacket(nil, false)
	if n := r.stat("rejected_datagrams"); n != 0 {
		t.Errorf("rejected %v datagrams", n)
	}
}

func TestRunDrainsTheKernelWhenItEnds(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	conn := r.dial(t)
	const datagrams = 500 // more than a few reads bring, less than any kernel's buffer holds
	for n := range datagrams {
		write(t, conn, fmt.Sprintf("line.%d 1\n", n))
	}
	r.start(t)
	r.end() // at once
	if in := r.stop(t); in.Accepted != datagrams {
		t.Errorf("counts are %+v", in)
	}
}

func TestRunEndsWhileDatagramsArrive(t *testing.T) {
	for _, options := range []Options{{}, {RcvBuf: 4096}, {RingBytes: 1}} {
		r := listen(t, "udp://127.0.0.1:0", options)
		stop := make(chan struct{})
		var writing sync.WaitGroup
		for range 4 {
			conn := r.dial(t)
			writing.Go(func() { writeUntil(stop, conn, "a.b 1 1\nc.d 2 1") })
		}
		waitFor(t, "reading", func() bool { return r.stat("datagrams") > 100 })
		in := r.stop(t)
		close(stop)
		writing.Wait()
		if n := r.stat("datagrams"); float64(in.Received) != 2*n {
			t.Errorf("%v datagrams, counts are %+v", n, in)
		}
	}
}

// writeUntil writes text again and again until stop is closed.
func writeUntil(stop <-chan struct{}, conn net.Conn, text string) {
	for {
		select {
		case <-stop:
			return
		default:
			conn.Write([]byte(text)) // fails when the listener is closed
		}
	}
}
