package webpage

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/descriptors"
	"monkit.example/internal/loglimit"
	"monkit.example/internal/peerhost"
)

const (
	// maxConns is how many connections are open at a time, unless the process may
	// have few descriptors. A browser opens up to six.
	maxConns = 1024
	// minConns is enough for a browser and a check of the health.
	minConns = 16
)

// connsFor returns how many connections are open at a time if the process may have n
// descriptors: a quarter of them, so that a flood of the pages takes none of those that
// listeners and destinations need.
func connsFor(n uint64) int { return int(max(minConns, min(maxConns, n/4))) }

// connLimit is a listener that closes a connection for each new one beyond the
// limits: of those without a request, or without a place for it if there are no
// others, the one whose last request is the longest ago. So clients that are idle,
// or send their requests slowly, keep out no others.
type connLimit struct {
	net.Listener
	log *slog.Logger
	max int // open connections; of one peer three quarters

	mu     sync.Mutex
	open   *list.List     // guarded by mu; of *conn, the longest without a request first
	byPeer map[string]int // guarded by mu
	closed loglimit.Limit // guarded by mu
}

func newConnLimit(l net.Listener, log *slog.Logger) *connLimit {
	most := maxConns
	if n, ok := descriptors.Max(); ok {
		most = connsFor(n)
	}
	return &connLimit{Listener: l, log: log, max: most, open: list.New(), byPeer: map[string]int{}}
}

// Accept waits for a connection.
func (l *connLimit) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted, of: l, peer: peerOf(accepted.RemoteAddr()), gone: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.makeRoomLocked(c.peer)
	c.in = l.open.PushBack(c)
	l.byPeer[c.peer]++
	return c, nil
}

// makeRoomLocked closes a connection if there are as many as there may be: one of
// the peer if that has too many.
func (l *connLimit) makeRoomLocked(peer string) {
	greedy := l.byPeer[peer] >= l.max*3/4
	if !greedy && l.open.Len() < l.max {
		return
	}
	var oldest *conn
	for e := l.open.Front(); e != nil; e = e.Next() {
		c := e.Value.(*conn)
		if greedy && c.peer != peer {
			continue
		}
		if s := c.state.Load(); s == isIdle || s == isWaiting && oldest == nil {
			oldest = c
			if s == isIdle {
				break
			}
		}
	}
	if oldest == nil {
		return // places are fewer than connections
	}
	oldest.removeLocked()
	close(oldest.gone)
	oldest.Conn.Close() // no request of it is served, so an error loses nothing
	if more, ok := l.closed.Allow(time.Now()); ok {
		l.log.Warn("closed a connection to the pages for another one, since there are too many", "peer", oldest.peer, "connections", l.open.Len()+1, "more", more)
	}
}

// The states of a conn.
const (
	isIdle    = iota // it has no whole request
	isWaiting        // its request waits for a place
	isServed         // its request has a place
)

// conn is a connection of a connLimit.
type conn struct {
	net.Conn
	of   *connLimit
	peer string

	in    *list.Element // guarded by of.mu; nil after removeLocked
	gone  chan struct{} // closed when it was closed for another one
	state atomic.Int32

	written atomic.Int64 // nanoseconds in writes that have ended
	writing atomic.Int64 // when the present write began, in nanoseconds since start; 0 if there is none
}

// start is the time from which conn counts.
var start = time.Now()

// Write implements net.Conn. It notes how long the client makes it wait.
func (c *conn) Write(p []byte) (int, error) {
	began := time.Since(start)
	c.writing.Store(int64(max(began, 1)))
	defer func() {
		c.writing.Store(0)
		c.written.Add(int64(time.Since(start) - began))
	}()
	return c.Conn.Write(p)
}

// waited returns for how long the client has made writes wait.
func (c *conn) waited() time.Duration {
	d := time.Duration(c.written.Load())
	if began := c.writing.Load(); began != 0 {
		d += time.Since(start) - time.Duration(began)
	}
	return d
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.of.mu.Lock()
	c.removeLocked()
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets net/http end a response before it closes the connection, so that
// a client that still sends can read it.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// removeLocked removes c from the open connections. Further calls do nothing.
func (c *conn) removeLocked() {
	if c.in == nil {
		return
	}
	c.of.open.Remove(c.in)
	c.in = nil
	if c.of.byPeer[c.peer]--; c.of.byPeer[c.peer] == 0 {
		delete(c.of.byPeer, c.peer)
	}
}

// end notes that a request has ended. Others are closed before c from now on.
func (c *conn) end() {
	c.state.Store(isIdle)
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.in != nil {
		c.of.open.MoveToBack(c.in)
	}
}

// connKey is the key of a context whose value is the *conn of its request.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection of a request, or nil.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// peerOf returns the host of an address.
func peerOf(addr net.Addr) string {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	host := peerhost.Of(ap.Addr())
	if host.IsSingleIP() {
		return host.Addr().String()
	}
	return host.String()
}
