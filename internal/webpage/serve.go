package webpage

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// readHeaderTimeout is how long a client may take to send the header of a
	// request, which has at most maxHeaderBytes.
	readHeaderTimeout = 5 * time.Second
	maxHeaderBytes    = 16 << 10
	// idleTimeout is how long a connection may wait for its next request.
	idleTimeout = time.Minute
	// writeTimeout is how long a client may block one write.
	writeTimeout = 30 * time.Second
	// stopTimeout is how long requests in flight may take to end.
	stopTimeout = time.Second
	// maxConns is how many connections are open at a time; further ones wait
	// until one closes. A browser opens up to six.
	maxConns = 64
)

// Serve serves h on l, compressed for clients that allow it, until ctx ends.
// Then it ends the contexts of the requests in flight, and waits up to
// stopTimeout for them. It closes l. Everything that a client can occupy is
// bounded, but a page may take as long as its client waits.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &http.Server{
		Handler:           withWriteTimeout(refuseBodies(Compress(h))),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: readHeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(limitConns(l, maxConns)) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	cancel()
	stopping, done := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer done()
	if s.Shutdown(stopping) != nil {
		s.Close() // disconnects clients that still read
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// withWriteTimeout applies the write timeout to each write instead of the whole
// response, because a page may wait for an event before it writes.
func withWriteTimeout(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&timeoutWriter{w, http.NewResponseController(w)}, r)
	})
}

// timeoutWriter extends the write deadline of the connection before each write.
type timeoutWriter struct {
	http.ResponseWriter
	conn *http.ResponseController
}

func (t *timeoutWriter) Write(b []byte) (int, error) {
	t.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // fails only for writers without a connection
	return t.ResponseWriter.Write(b)
}

// Unwrap lets an http.ResponseController find the connection.
func (t *timeoutWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// limitConns returns a listener that accepts while fewer than most of its
// connections are open.
func limitConns(l net.Listener, most int) net.Listener {
	return &limitedListener{Listener: l, open: make(chan struct{}, most), closed: make(chan struct{})}
}

type limitedListener struct {
	net.Listener
	open   chan struct{} // has an element for each open connection
	closed chan struct{} // closed by once
	once   sync.Once
}

// Accept waits for room, and then for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.open <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &limitedConn{Conn: c, leave: func() { <-l.open }}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// limitedConn makes room for another connection when it is closed.
type limitedConn struct {
	net.Conn
	leave func() // called by once
	once  sync.Once
}

func (c *limitedConn) Close() error {
	defer c.once.Do(c.leave)
	return c.Conn.Close()
}
