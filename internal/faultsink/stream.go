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

// Step is how one connection is treated. It returns when it is done with it;
// the connection is closed then.
type Step func(c *Conn)

// Conn is a connection that a Step treats.
type Conn struct {
	net.Conn
	sink *Sink
}

// ReadAll reads until the peer closes: good behaviour.
func ReadAll() Step { return func(c *Conn) { c.readLines(c) } }

// Reset accepts and resets.
func Reset() Step { return func(c *Conn) { c.reset() } }

// ReadThenReset reads n bytes, remembers their whole lines, and resets.
func ReadThenReset(n int64) Step {
	return func(c *Conn) {
		c.readLines(io.LimitReader(c, n))
		c.reset()
	}
}

// ReadThenClose reads n bytes, remembers their whole lines, and closes.
func ReadThenClose(n int64) Step {
	return func(c *Conn) { c.readLines(io.LimitReader(c, n)) }
}

// HalfClose closes its side at once and reads on.
func HalfClose() Step {
	return func(c *Conn) {
		if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
			h.CloseWrite()
		}
		c.readLines(c)
	}
}

// NeverRead keeps the connection and reads nothing until the test ends.
func NeverRead() Step { return func(c *Conn) { <-c.sink.end } }

// Slow reads chunk bytes, and rests after each.
func Slow(chunk int, rest time.Duration) Step {
	return func(c *Conn) { c.readLines(&slow{c, chunk, rest}) }
}

type slow struct {
	c     *Conn
	chunk int
	rest  time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	select {
	case <-s.c.sink.end:
	case <-time.After(s.rest):
	}
	return s.c.Read(p[:min(len(p), s.chunk)])
}

// readLines remembers whole lines; what is behind the last is no line.
func (c *Conn) readLines(r io.Reader) {
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return
		}
		c.sink.gotLine(line[:len(line)-1])
	}
}

// reset closes with a RST where there is such a thing.
func (c *Conn) reset() {
	if l, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0)
	}
	c.Close()
}

// NewTCP listens on a free port of 127.0.0.1.
func NewTCP(t testing.TB, script ...Step) *Sink { return NewTCPAt(t, "127.0.0.1:0", script...) }

// NewTCPAt is NewTCP on an address, such as that of a server that was closed.
func NewTCPAt(t testing.TB, addr string, script ...Step) *Sink {
	t.Helper()
	return listen(t, "tcp", addr, script)
}

// NewUnix listens on a socket in a temporary folder.
func NewUnix(t testing.TB, script ...Step) *Sink {
	t.Helper()
	return listen(t, "unix", filepath.Join(t.TempDir(), "s"), script)
}

func listen(t testing.TB, network, addr string, script []Step) *Sink {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	return Serve(t, l, script...)
}

// Serve plays the script on what l accepts, and owns l: tests with TLS bring
// their own.
func Serve(t testing.TB, l net.Listener, script ...Step) *Sink {
	s := newSink(t)
	s.addr = l.Addr().String()
	a := &acceptor{sink: s, l: l, script: script, open: map[net.Conn]bool{}}
	a.wg.Go(a.accept)
	t.Cleanup(a.close)
	return s
}

// acceptor gives each connection a goroutine.
type acceptor struct {
	sink   *Sink
	l      net.Listener
	script []Step
	wg     sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // guarded by mu; nil when closed
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
