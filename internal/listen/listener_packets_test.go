package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"monkit.example/reporters/ledger"
)

// bothWays are the options with which datagrams take each of their two ways.
var bothWays = map[string]Options{"ring": {}, "direct": {Direct: true}}

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
		for name, o := range bothWays {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				r := listen(t, "udp://127.0.0.1:0", o)
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
}

// Only a datagram of a unix socket can be larger than the buffer of a read.
func TestCutDatagramLosesOnlyItsTail(t *testing.T) {
	for name, o := range bothWays {
		t.Run(name, func(t *testing.T) { testCutDatagram(t, o) })
	}
}

func testCutDatagram(t *testing.T, o Options) {
	r := listen(t, "unixgram://"+socketPath(t), o)
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
	r.putPacket([]byte("a 1\n"), Sender{}, false) // more than the ring holds
	r.putPacket(nil, Sender{}, false)
	if n := r.stat("rejected_datagrams"); n != 0 {
		t.Errorf("rejected %v datagrams", n)
	}
}

func TestRunDrainsTheKernelWhenItEnds(t *testing.T) {
	for name, o := range bothWays {
		t.Run(name, func(t *testing.T) { testDrain(t, o) })
	}
}

func testDrain(t *testing.T, o Options) {
	r := open(t, "udp://127.0.0.1:0", o)
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
	for _, options := range []Options{{}, {RcvBuf: 4096}, {RingBytes: 1}, {Direct: true}, {RcvBuf: 4096, Direct: true}} {
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

// What waits for more is never left waiting: after a read that was full comes
// another one, or a take without texts.
func TestMoreIsFollowedByATake(t *testing.T) {
	for _, datagrams := range []int{1, 31, 32, 33, 64, 65} {
		r := open(t, "udp://127.0.0.1:0", Options{Direct: true})
		conn := r.dial(t)
		for n := range datagrams {
			write(t, conn, fmt.Sprintf("line.%d 1\n", n))
		}
		r.start(t)
		waitFor(t, "the end of more", func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return strings.Count(r.text.String(), "\n") == datagrams && !r.more
		})
		r.stop(t)
	}
}

func TestDirectReadsAllocateNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{Direct: true})
	r.direct.take = func(texts []Text, _ bool) {
		for _, p := range texts {
			r.Book().Accept(countLines(p.Lines))
		}
	}
	conn, p, put := r.dial(t), []byte("a 1\nb 2"), r.putPacket
	pass := func() {
		for range 10 {
			conn.Write(p)
		}
		for range 10 {
			if r.packet.readNow(put) != nil {
				break
			}
		}
		r.passDirect(false)
	}
	pass()
	if n := testing.AllocsPerRun(50, pass); n != 0 {
		t.Errorf("ten datagrams cost %v allocations", n)
	}
	if in := r.Ledger(); in.Received != 52*20 || in.Accepted != in.Received {
		t.Errorf("counts are %v", in)
	}
}

// What waits in the ring is pending: the next run learns what a crash lost.
func TestLinesInTheRingArePending(t *testing.T) {
	for _, addr := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"} {
		path := filepath.Join(t.TempDir(), "book")
		book, err := ledger.OpenListenerBook(path, addr)
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("this system has no books in files")
		} else if err != nil {
			t.Fatal(err)
		}
		r := open(t, addr, Options{Book: book})
		r.block = make(chan struct{})
		r.start(t)
		write(t, r.dial(t), "a 1\nb 2\nc 3\n")
		waitFor(t, "reading", func() bool { return r.Ledger().Pending == 3 })
		asIfKilled(t, path, addr, 3)
		close(r.block)
		r.stop(t)
		asIfKilled(t, path, addr, 0)
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}
}

// asIfKilled checks how many pending lines the next run would find if the process
// was killed now.
func asIfKilled(t *testing.T, path, identity string, pending int64) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "left")
	if err := os.WriteFile(left, page, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err := ledger.OpenListenerBook(left, identity)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	lost, end := next.Recovered()
	if lost.Pending != pending || next.Rejected(ledger.Crash) != pending {
		t.Errorf("the next run finds %v, %v; want %d pending", lost, end, pending)
	}
}

// Little that is read before a delay waits for what comes during it, but not for
// a second delay.
func TestLittleWaitsForOneDelay(t *testing.T) {
	type read struct {
		bytes     int
		due, more bool // a delay follows; the kernel has more
		want      bool
	}
	for _, tt := range []struct {
		name  string
		reads []read
	}{
		{"no delay follows", []read{{10, false, false, false}}},
		{"one delay", []read{{10, true, false, true}, {10, true, false, false}, {10, true, false, true}}},
		{"much was read", []read{{enough, true, false, false}}},
		{"much was read in several", []read{{enough / 2, true, true, true}, {enough / 2, true, false, false}}},
		{"the kernel has more, then little", []read{{10, false, true, true}, {10, true, false, true}, {0, false, false, false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := open(t, "udp://127.0.0.1:0", Options{Direct: true})
			got := false
			r.direct.take = func(_ []Text, more bool) { got = more }
			for i, read := range tt.reads {
				if read.bytes > 0 {
					r.direct.texts = append(r.direct.texts, Text{Lines: make([]byte, read.bytes)})
				}
				r.packet.more, r.packet.coalescer.due = read.more, read.due
				r.passDirect(r.moreFollows())
				if got != read.want || r.packet.more != read.want {
					t.Errorf("after read %d more follows: %v, want %v", i+1, got, read.want)
				}
			}
		})
	}
}
