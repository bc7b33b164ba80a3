package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

const (
	// writeTime is how long a reader may leave one write waiting.
	writeTime = 30 * time.Second
	// stopTime is how long a page that is under way may take to end.
	stopTime = time.Second
	// maxReaders have a connection at a time; the next one waits for one of
	// them to leave. A browser has up to six.
	maxReaders = 64
)

// Serve serves h on l until ctx ends, then lets pages under way end for a
// moment: their context ends at once. It closes l. What a client can hold on
// to is bounded, but a page may wait as long as its reader does.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &http.Server{
		Handler:           patient(h),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      writeTime,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(netutil.LimitListener(l, maxReaders)) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	cancel()
	stopping, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer done()
	if s.Shutdown(stopping) != nil {
		s.Close() // a reader that stays does not keep us
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// patient gives every write its own time, not all of them together: a page
// may be waiting for something to happen.
func patient(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&patientWriter{w, http.NewResponseController(w)}, r)
	})
}

type patientWriter struct {
	http.ResponseWriter
	conn *http.ResponseController
}

func (p *patientWriter) Write(b []byte) (int, error) {
	p.conn.SetWriteDeadline(time.Now().Add(writeTime)) // who cannot has no connection
	return p.ResponseWriter.Write(b)
}

// Unwrap is how an http.ResponseController finds the connection.
func (p *patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
