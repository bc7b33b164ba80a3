package send

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"monkit.example/internal/send"
)

// Payloads are whole lines of about the size that they should have.
func TestLoad(t *testing.T) {
	for _, size := range []int{1 << 10, 64 << 10} {
		l := newLoad(size, 1<<20)
		if n := bytes.Count(l.payload, []byte{'\n'}); n != l.lines || l.payload[len(l.payload)-1] != '\n' {
			t.Errorf("%d lines in a payload, want %d", n, l.lines)
		}
		if len(l.payload) > size || len(l.payload) < size*9/10 || l.payloads != 1<<20/size {
			t.Errorf("%d payloads of %d bytes, want %d of about %d", l.payloads, len(l.payload), 1<<20/size, size)
		}
	}
}

// Both sides of every comparison deliver each line of the load.
func TestBothSidesDeliverEveryLine(t *testing.T) {
	for _, c := range comparisons {
		t.Run(c.name, func(t *testing.T) {
			s, l := startSink(t, c.sink), newLoad(c.size, 1<<20)
			ours, theirs := c.sides(t, s, l)
			ours()
			s.wantLines(t, l.payloads*l.lines)
			theirs()
			s.wantLines(t, 2*l.payloads*l.lines)
		})
	}
}

// wantLines waits until so many lines have arrived: what a stream has accepted
// arrives a little later.
func (s *sink) wantLines(t *testing.T, want int) {
	t.Helper()
	n := s.lines(t)
	for deadline := time.Now().Add(10 * time.Second); n < want && time.Now().Before(deadline); n = s.lines(t) {
		time.Sleep(time.Millisecond)
	}
	if n != want {
		t.Errorf("%d lines arrived, want %d", n, want)
	}
}

// The check that nothing was written to disk finds it if there is something: here
// the destination reads nothing, so that lines wait in its spool.
func TestSegmentsAreFound(t *testing.T) {
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	dir := t.TempDir()
	if all := segments(t, filepath.Join(dir, "missing")); len(all) > 0 {
		t.Errorf("segments in a folder that does not exist: %v", all)
	}
	l := newLoad(64<<10, 16<<20)
	s := openSender(t, "tcp://"+deaf.Addr().String(), send.DialOptions{}, send.Options{Spool: &send.SpoolOptions{Dir: dir}})
	defer func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.Close(ctx) // the lines stay in the spool
	}()
	for range l.payloads {
		if err := s.Send(context.Background(), l.payload, l.lines); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(segments(t, dir)) == 0 {
		if time.Now().After(deadline) {
			all, _ := os.ReadDir(dir)
			t.Fatalf("no segment was found in %v", all)
		}
		time.Sleep(time.Millisecond)
	}
}
