package webpage

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/internal/safelog"
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
)

// Options are those of ServeWith.
type Options struct {
	// Health are the paths of pages that are made at once, of a few bytes: they
	// respond also while all places are taken.
	Health []string
	// Logger logs what net/http says, and connections that are closed because
	// there are too many, each at most once a minute. Nil means slog.Default().
	Logger *slog.Logger
}

// Serve is ServeWith without options.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return ServeWith(ctx, l, h, Options{})
}

// ServeWith serves h on l, compressed for clients that allow it, until ctx ends.
// Then it ends the contexts of the requests in flight, and waits up to
// stopTimeout for them. It closes l.
//
// Everything that a client can occupy is bounded, but a page may take as long as
// its client waits. Requests beyond maxRequests wait for a place. Only a request
// that has arrived whole takes one, and a client that reads slowly loses it to one
// that waits. Beyond maxConns, or a quarter of the
// descriptors, connections without such a request are closed.
func ServeWith(ctx context.Context, l net.Listener, h http.Handler, o Options) error {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = safelog.Wrap(o.Logger)
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &http.Server{
		Handler:           withWriteTimeout(refuseBodies(o.limit(Compress(h)))),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConn,
		ReadHeaderTimeout: readHeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(loglimit.NewWriter(o.Logger, "serving pages failed"), "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(newConnLimit(l, o.Logger)) }()
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

// limit returns a handler that passes requests to next: those of Health at once,
// others while they have a place.
func (o Options) limit(next http.Handler) http.Handler {
	limited := newPlaces().limit(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(o.Health, r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		limited.ServeHTTP(w, r)
	})
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
