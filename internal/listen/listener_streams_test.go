package listen

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/reporters/ledger"
)

// cutText has every kind of line that a stream may hold if MaxLine is 20: five
// that are not blank, of which two are accepted.
const cutText = "a 1\r\n\n \t\n0123456789abcdefghijk\nb 2\n\r\n0123456789abcdefghijklmnopqrstuvwxyz\ncut"

func TestStreamCanArriveInAnyTwoPieces(t *testing.T) {
	for _, addr := range []string{"tcp://127.0.0.1:0", "unix://"} {
		t.Run(addr[:4], func(t *testing.T) {
			if addr == "unix://" {
				addr += socketPath(t)
			}
			r := listen(t, addr, Options{MaxLine: 20})
			var sent float64
			for i := range len(cutText) + 1 {
				conn := r.dial(t)
				for _, piece := range []string{cutText[:i], cutText[i:]} {
					write(t, conn, piece)
					sent += float64(len(piece))
					waitFor(t, "reading", func() bool { return r.stat("bytes") == sent })
				}
				conn.Close()
				// Bytes are counted before their lines are in the ring, where those of the next stream must not be first.
				waitFor(t, "the end of the stream", func() bool { return r.stat("connections") == 0 && r.stat("accepted_connections") == float64(i+1) })
			}
			times := int64(len(cutText) + 1)
			in := r.stop(t)
			if in.Accepted != 2*times || in.Rejected[ledger.TooLong] != 2*times || in.Rejected[ledger.Truncated] != times {
				t.Errorf("counts of %d streams are %+v", times, in)
			}
			if got, want := r.got(), strings.Repeat("a 1\r\n\n \t\nb 2\n\r\n", int(times)); got != want {
				t.Errorf("took %q", got)
			}
		})
	}
}

func TestStreamWaitsForRoomInTheRing(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{RingBytes: 1000})
	r.block = make(chan struct{})
	r.start(t)
	conn := r.dial(t)
	const lines = 20_000
	sent := make(chan error, 1)
	go func() {
		var err error
		for n := 0; n < lines && err == nil; n++ {
			_, err = fmt.Fprintf(conn, "line.%d 1\n", n)
		}
		sent <- err
	}()
	waitFor(t, "a full ring", func() bool { return r.stat("ring_bytes") > 0 })
	close(r.block)
	if err := <-sent; err != nil {
		t.Error(err)
	}
	waitFor(t, "taking", func() bool { return strings.Count(r.got(), "\n") == lines })
	if in := r.stop(t); in.Received != lines || in.Accepted != lines {
		t.Errorf("counts are %+v", in)
	}
}

func TestStreamThatConnectedBeforeTheEndIsServed(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{})
	for n := range 10 {
		conn := r.dial(t)
		write(t, conn, "a 1\n")
		if n%2 == 0 { // the others stay
			conn.Close()
		}
	}
	r.start(t)
	r.end() // at once
	if in := r.stop(t); in.Accepted != 10 {
		t.Errorf("counts are %+v", in)
	}
}

// The writers never stop by themselves. The lines taken have no gap.
func TestRunEndsWhileStreamsAreWritten(t *testing.T) {
	const writers = 4
	r := listen(t, "tcp://127.0.0.1:0", Options{RingBytes: 10_000})
	var writing sync.WaitGroup
	for w := range writers {
		conn := r.dial(t)
		writing.Go(func() {
			var err error
			for n := 0; err == nil; n++ {
				_, err = fmt.Fprintf(conn, "%d %d\n", w, n)
			}
		})
	}
	waitFor(t, "taking", func() bool { return strings.Count(r.got(), "\n") > 1000 })
	in := r.stop(t)
	writing.Wait()
	var next [writers]int
	for line := range strings.Lines(r.got()) {
		var w, n int
		if _, err := fmt.Sscan(line, &w, &n); err != nil || n != next[w] {
			t.Fatalf("got %q, want line %d of its stream", line, next[w])
		}
		next[w]++
	}
	if tails := in.Rejected[ledger.Truncated]; in.Received-in.Accepted != tails || tails > writers {
		t.Errorf("counts are %+v", in)
	}
	if n := r.stat("connections"); n != 0 {
		t.Errorf("%v streams are still open", n)
	}
}

// readEnd waits until the listener has closed conn.
func readEnd(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := conn.Read(make([]byte, 1))
	if timeout, ok := err.(net.Error); n != 0 || err == nil || ok && timeout.Timeout() {
		t.Errorf("read %d, %v", n, err)
	}
}

// A reset discards what the kernel holds, but nothing that was read.
func TestResetLosesOnlyTheTail(t *testing.T) {
	r := listen(t, "tcp://127.0.0.1:0", Options{})
	conn := r.dial(t)
	write(t, conn, "a 1\nhalf")
	r.waitForText(t, "a 1\n")
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	waitFor(t, "the end", func() bool { return r.stat("connections") == 0 })
	if in := r.stop(t); in.Accepted != 1 || in.Rejected[ledger.Truncated] != 1 {
		t.Errorf("counts are %+v", in)
	}
}
