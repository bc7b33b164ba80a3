package monkithttp

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Wrap returns a writer that forwards to w, and a function that returns the
// status of the response. The writer is a http.Flusher and a http.Hijacker if w
// is, and has the Unwrap method that http.ResponseController uses.
func Wrap(w http.ResponseWriter) (http.ResponseWriter, func() int) {
	r := &statusRecorder{ResponseWriter: w}
	return r.withMethodsOf(w), r.code
}

// statusRecorder is a http.ResponseWriter that records the status of the
// response. Like any ResponseWriter, it is used by one goroutine at a time.
type statusRecorder struct {
	http.ResponseWriter
	status int // 0 until the header is written
}

var (
	_ io.ReaderFrom   = (*statusRecorder)(nil)
	_ io.StringWriter = (*statusRecorder)(nil)
	_ http.Pusher     = (*statusRecorder)(nil)
)

// withMethodsOf returns r with the optional methods of w that handlers look for.
func (r *statusRecorder) withMethodsOf(w http.ResponseWriter) http.ResponseWriter {
	_, flushes := w.(http.Flusher)
	hijacker, hijacks := w.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return struct {
			flushRecorder
			http.Hijacker
		}{flushRecorder{r}, hijackRecorder{r, hijacker}}
	case flushes:
		return flushRecorder{r}
	case hijacks:
		return hijackRecorder{r, hijacker}
	}
	return r
}

// code returns the status that the client gets.
func (r *statusRecorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// record records the first status that is final.
func (r *statusRecorder) record(status int) {
	informational := status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
	if r.status == 0 && !informational {
		r.status = status
	}
}

// Unwrap returns the writer that was wrapped, for http.ResponseController.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *statusRecorder) WriteHeader(status int) {
	r.record(status)
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *statusRecorder) Write(p []byte) (int, error) {
	r.record(http.StatusOK)
	return r.ResponseWriter.Write(p)
}

// WriteString implements io.StringWriter.
func (r *statusRecorder) WriteString(s string) (int, error) {
	r.record(http.StatusOK)
	return io.WriteString(r.ResponseWriter, s)
}

// ReadFrom implements io.ReaderFrom, so that net/http can send files by sendfile.
func (r *statusRecorder) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = io.Copy(r.ResponseWriter, src)
	if n > 0 { // otherwise the handler can still write a status for the error of src
		r.record(http.StatusOK)
	}
	return n, err
}

// Push implements http.Pusher.
func (r *statusRecorder) Push(target string, opts *http.PushOptions) error {
	if p, ok := r.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, opts)
	}
	return http.ErrNotSupported
}

type flushRecorder struct{ *statusRecorder }

// Flush implements http.Flusher.
func (f flushRecorder) Flush() { f.FlushError() }

// FlushError flushes, for http.ResponseController.
func (f flushRecorder) FlushError() error {
	f.record(http.StatusOK)
	return http.NewResponseController(f.ResponseWriter).Flush()
}

type hijackRecorder struct {
	*statusRecorder
	hijacker http.Hijacker
}

// Hijack implements http.Hijacker. It records the status 101, since the
// handler uses the connection for another protocol from then on.
func (h hijackRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.hijacker.Hijack()
	if err == nil {
		h.record(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

// StatusError is the error of a span whose response had a status of 500 or
// above.
type StatusError int

// Error returns text such as "HTTP 503 Service Unavailable".
func (e StatusError) Error() string {
	return fmt.Sprintf("HTTP %d %s", int(e), http.StatusText(int(e)))
}

// Name returns the name by which a Func counts the error, such as "HTTP 503".
func (e StatusError) Name() (string, bool) { return fmt.Sprintf("HTTP %d", int(e)), true }

func statusError(code int) error {
	if code < http.StatusInternalServerError {
		return nil
	}
	return StatusError(code)
}
