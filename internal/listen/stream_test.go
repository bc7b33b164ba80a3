package listen

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// fed is a stream of an accepted connection, with the other end of the
// connection.
type fed struct {
	*running
	s     *stream
	from  net.Conn
	taken []byte
}

func newFed(t testing.TB) *fed { return newFedWith(t, Options{}) }

func newFedWith(t testing.TB, o Options) *fed {
	t.Helper()
	r := open(t, "tcp://127.0.0.1:0", o)
	f := &fed{running: r, from: r.dial(t)}
	conn, err := r.stream.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := peerOf(conn)
	m := r.streams.add(t.Context(), p.host, func(error) {})
	t.Cleanup(m.end)
	f.s = newStream(r.Listener, newCoalescedConn(conn, nil), p, m)
	return f
}

// pass sends text, reads it and takes it from the ring.
func (f *fed) pass(t testing.TB, text []byte) {
	if _, err := f.from.Write(text); err != nil {
		t.Fatal(err)
	}
	for want := f.counts.bytes.Load() + int64(len(text)); f.counts.bytes.Load() < want; {
		f.s.conn.SetReadDeadline(time.Now().Add(f.opts.Idle)) // as readUntil does
		if err := f.s.read(); err != nil {
			t.Fatal(err)
		}
	}
	f.taken, _ = f.ring.take(f.taken)
}

// newUnbound returns a listener of streams without a socket.
func newUnbound(o Options) *Listener {
	l := &Listener{name: "tcp://test", keys: newKeys("tcp://test"), opts: o.withDefaults(), ring: newRing(1 << 20)}
	l.streams, l.handshakes = newPool(l.opts.MaxConns), newPool(maxHandshakes(l.opts.MaxConns))
	return l
}

// serveConn serves a connection as if it had been accepted.
func (l *Listener) serveConn(ctx context.Context, conn net.Conn) {
	l.admit(ctx, conn)
	l.serving.Wait()
}

// semicolons reads a stream with a semicolon after each line.
type semicolons struct{ r io.Reader }

func (s semicolons) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	copy(p, bytes.ReplaceAll(p[:n], []byte{';'}, []byte{'\n'}))
	return n, err
}

func TestOptionLinesMakesLinesOfAStream(t *testing.T) {
	f := newFedWith(t, Options{Lines: func(r io.Reader, _ Grow) io.Reader { return semicolons{r} }})
	f.pass(t, []byte("a 1 1700000000;b 2 1700000000;c"))
	if got := string(f.taken); got != "a 1 1700000000\nb 2 1700000000\n" || countLines(f.s.lines.rest()) != 1 {
		t.Errorf("took %q, %d unfinished", got, countLines(f.s.lines.rest()))
	}
}

func TestStreamAllocatesNothing(t *testing.T) {
	f := newFed(t)
	text := bytes.Repeat([]byte("a.bc.def 1 1700000000\n"), 1000)
	for range 10 { // until the buffers have grown
		f.pass(t, text)
	}
	if n := testing.AllocsPerRun(100, func() { f.pass(t, text) }); n != 0 {
		t.Errorf("%v allocations for %d bytes", n, len(text))
	}
	if !bytes.Equal(f.taken, text) {
		t.Errorf("took %d bytes", len(f.taken))
	}
}

func TestEndOfContextDrainsAStreamAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pieces int
	}{
		{"while it waits", 0},
		{"while it delays", streamThreshold + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newUnbound(Options{})
				here, there := net.Pipe()
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan time.Time)
				go func() { l.serveConn(ctx, here); ended <- time.Now() }()
				for range tt.pieces {
					there.Write([]byte("a 1\n"))
				}
				synctest.Wait()
				began := time.Now()
				cancel()
				if d := (<-ended).Sub(began); d != quietTime {
					t.Errorf("the stream ended after %v, want %v to drain it", d, quietTime)
				}
				if n := l.RejectedConns(); n.Sum() != 0 {
					t.Errorf("closed %v", n)
				}
				if now, _ := l.ring.usage(); now != 4*tt.pieces {
					t.Errorf("the ring holds %d bytes, want %d", now, 4*tt.pieces)
				}
			})
		})
	}
}

func TestDrainOfAStreamEndsAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{})
		here, there := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		writing := make(chan struct{})
		go func() {
			defer close(writing)
			for {
				if _, err := there.Write([]byte("a 1\n")); err != nil {
					return
				}
				time.Sleep(quietTime / 2)
			}
		}()
		began := time.Now()
		l.serveConn(ctx, here)
		if d := time.Since(began); d != time.Second {
			t.Errorf("the stream ended after %v", d)
		}
		<-writing
	})
}

// BenchmarkTCP measures how a stream is read, including the system calls of
// its sender, which fill the socket.
func BenchmarkTCP(b *testing.B) {
	f := newFed(b)
	line := []byte("a.bc.def 1 1700000000\n")
	text := bytes.Repeat(line, 32<<10/len(line))
	f.s.conn.(*coalescedConn).coalescer.delay.length, f.ring.delay.length = 0, 0 // or the delays would be measured
	b.ReportAllocs()
	for b.Loop() {
		f.pass(b, text)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(text)/len(line)), "ns/line")
}
