package faultsink

import (
	"bufio"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A Step serves one connection. The connection is closed when it returns.
type Step func(c *Conn)

// Conn is a connection that a Step serves.
type Conn struct {
	net.Conn
	sink *Sink
}

// ReadAll reads until the peer closes. It has no fault.
func ReadAll() Step { return func(c *Conn) { c.readLines(c) } }

// Reset resets the connection at once.
func Reset() Step { return func(c *Conn) { c.reset() } }

// ReadThenReset reads n bytes, records their whole lines, and resets.
func ReadThenReset(n int64) Step {
	return func(c *Conn) {
		c.readLines(io.LimitReader(c, n))
		c.reset()
	}
}

// ResetAtEnd discards what the peer sends, and resets the connection when the peer
// has closed its direction: its system has everything acknowledged then.
func ResetAtEnd() Step {
	return func(c *Conn) {
		io.Copy(io.Discard, c)
		c.reset()
	}
}

// ReadThenClose reads n bytes, records their whole lines, and closes.
func ReadThenClose(n int64) Step {
	return func(c *Conn) { c.readLines(io.LimitReader(c, n)) }
}

// HalfClose closes the sending direction at once and reads until the peer closes.
func HalfClose() Step {
	return func(c *Conn) {
		if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
			h.CloseWrite()
		}
		c.readLines(c)
	}
}

// NeverRead keeps the connection open until the test ends, without reading.
func NeverRead() Step { return func(c *Conn) { <-c.sink.end } }

// Slow reads at most chunk bytes at a time, and waits before each read.
func Slow(chunk int, wait time.Duration) Step {
	return func(c *Conn) { c.readLines(&slowReader{c, chunk, wait}) }
}

type slowReader struct {
	c     *Conn
	chunk int
	wait  time.Duration
}

func (s *slowReader) Read(p []byte) (int, error) {
	select {
	case <-s.c.sink.end:
	case <-time.After(s.wait):
	}
	return s.c.Read(p[:min(len(p), s.chunk)])
}

// readLines records whole lines. Bytes after the last line end are ignored.
func (c *Conn) readLines(r io.Reader) {
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return
		}
		c.sink.recordLine(line[:len(line)-1])
	}
}

// reset closes the connection, with a RST segment if it is one of TCP, maybe below
// TLS.
func (c *Conn) reset() {
	sock := c.Conn
	if s, ok := sock.(interface{ NetConn() net.Conn }); ok {
		sock = s.NetConn()
	}
	if l, ok := sock.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0)
	}
	sock.Close()
}

// NewTCP listens on a free port of 127.0.0.1.
func NewTCP(t testing.TB, script ...Step) *Sink { return NewTCPAt(t, "127.0.0.1:0", script...) }

// NewTCPAt listens on addr, for example that of a server that was closed.
func NewTCPAt(t testing.TB, addr string, script ...Step) *Sink {
	t.Helper()
	return listen(t, "tcp", addr, script)
}

// NewUnix listens on a stream socket in a temporary directory.
func NewUnix(t testing.TB, script ...Step) *Sink {
	t.Helper()
	return NewUnixAt(t, filepath.Join(t.TempDir(), "s"), script...)
}

// NewUnixAt listens on a stream socket at path, where none may be.
func NewUnixAt(t testing.TB, path string, script ...Step) *Sink {
	t.Helper()
	return listen(t, "unix", path, script)
}

func listen(t testing.TB, network, addr string, script []Step) *Sink {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	return Serve(t, l, script...)
}

// Serve serves the connections that l accepts, and closes l. It is for listeners
// that the test makes, such as those with TLS.
func Serve(t testing.TB, l net.Listener, script ...Step) *Sink {
	s := newSink(t)
	s.addr = l.Addr().String()
	a := &acceptor{sink: s, l: l, script: script, open: map[net.Conn]bool{}}
	a.wg.Go(a.accept)
	t.Cleanup(a.close)
	return s
}

// An acceptor serves each connection in a goroutine of its own.
type acceptor struct {
	sink   *Sink
	l      net.Listener
	script []Step
	wg     sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // guarded by mu; nil after close
}

func (a *acceptor) accept() {
	for {
		c, err := a.l.Accept()
		if err != nil {
			return
		}
		if !a.add(c) {
			c.Close()
			return
		}
		a.wg.Go(func() { a.serve(c, a.sink.visit()) })
	}
}

func (a *acceptor) serve(c net.Conn, n int) {
	defer a.remove(c)
	defer c.Close()
	stepFor(a.script, n, ReadAll())(&Conn{c, a.sink})
}

// add reports false if the acceptor is closed, so that c must be closed.
func (a *acceptor) add(c net.Conn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		return false
	}
	a.open[c] = true
	return true
}

func (a *acceptor) remove(c net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, c)
}

func (a *acceptor) close() {
	close(a.sink.end)
	a.l.Close()
	a.mu.Lock()
	for c := range a.open {
		c.Close()
	}
	a.open = nil
	a.mu.Unlock()
	a.wg.Wait()
}
