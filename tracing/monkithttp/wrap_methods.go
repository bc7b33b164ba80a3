package monkithttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// methodSet says which optional methods a writer has.
type methodSet uint8

const (
	flushes     methodSet = 1 << iota // Flush
	flushErrors                       // FlushError, for http.ResponseController
	hijacks                           // Hijack
	pushes                            // Push, with HTTP/2
	notifies                          // CloseNotify, which is deprecated and which gin's Stream requires
	readsFrom                         // ReadFrom, with HTTP/1.1
)

// closeNotify is http.CloseNotifier, whose use the linters of callers report.
type closeNotify interface{ CloseNotify() <-chan bool }

// methodsOf returns the optional methods of w. FlushError counts with Flush only: all
// writers of net/http have both, and ResponseController finds FlushError alone by
// Unwrap.
func methodsOf(w http.ResponseWriter) (set methodSet) {
	if _, ok := w.(http.Flusher); ok {
		set |= flushes
		if _, ok := w.(interface{ FlushError() error }); ok {
			set |= flushErrors
		}
	}
	if _, ok := w.(http.Hijacker); ok {
		set |= hijacks
	}
	if _, ok := w.(http.Pusher); ok {
		set |= pushes
	}
	if _, ok := w.(closeNotify); ok {
		set |= notifies
	}
	if _, ok := w.(io.ReaderFrom); ok {
		set |= readsFrom
	}
	return set
}

// The types below have one optional method each. variant embeds them in a writer
// whose w has that method. They have a recorder as a field and not embedded, so that
// only the optional method is promoted.
type (
	flusher       struct{ r *statusRecorder }
	flushErrorer  struct{ r *statusRecorder }
	hijacker      struct{ r *statusRecorder }
	pusher        struct{ r *statusRecorder }
	closeNotifier struct{ r *statusRecorder }
	readerFrom    struct{ r *statusRecorder }
)

// Flush implements http.Flusher.
func (f flusher) Flush() {
	f.r.record(http.StatusOK)
	f.r.ResponseWriter.(http.Flusher).Flush()
}

// Flush implements http.Flusher.
func (f flushErrorer) Flush() { flusher(f).Flush() }

// FlushError flushes, for http.ResponseController.
func (f flushErrorer) FlushError() error {
	f.r.record(http.StatusOK)
	return f.r.ResponseWriter.(interface{ FlushError() error }).FlushError()
}

// Hijack implements http.Hijacker. It records the status 101, since the
// handler uses the connection for another protocol from then on.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.r.ResponseWriter.(http.Hijacker).Hijack()
	if err == nil {
		h.r.record(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

// Push implements http.Pusher.
func (p pusher) Push(target string, opts *http.PushOptions) error {
	return p.r.ResponseWriter.(http.Pusher).Push(target, opts)
}

// CloseNotify implements http.CloseNotifier.
func (c closeNotifier) CloseNotify() <-chan bool {
	return c.r.ResponseWriter.(closeNotify).CloseNotify()
}

// ReadFrom implements io.ReaderFrom, so that net/http can send files by sendfile.
func (f readerFrom) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = f.r.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
	if n > 0 { // otherwise the handler can still write a status for the error of src
		f.r.record(http.StatusOK)
	}
	return n, err
}
