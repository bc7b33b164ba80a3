package monkithttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// Wrap returns a writer that passes all on to w, and a function that tells the
// status that was answered. The writer is a http.Flusher and a http.Hijacker
// if w is, and has the Unwrap that a http.ResponseController looks for.
func Wrap(w http.ResponseWriter) (http.ResponseWriter, func() int) {
	r := &recorder{ResponseWriter: w}
	return r.like(w), r.code
}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int // 0 until it is written
}

var (
	_ io.ReaderFrom   = (*recorder)(nil)
	_ io.StringWriter = (*recorder)(nil)
	_ http.Pusher     = (*recorder)(nil)
)

// like returns r with those methods that handlers look for and that w has.
func (r *recorder) like(w http.ResponseWriter) http.ResponseWriter {
	_, flushes := w.(http.Flusher)
	hijacker, hijacks := w.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return struct {
			flusher
			http.Hijacker
		}{flusher{r}, hijacking{r, hijacker}}
	case flushes:
		return flusher{r}
	case hijacks:
		return hijacking{r, hijacker}
	}
	return r
}

// code is the status as the client sees it.
func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// wrote notes a status. The first final one counts.
func (r *recorder) wrote(status int) {
	informs := status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
	if r.status == 0 && !informs {
		r.status = status
	}
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	r.wrote(status)
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.wrote(http.StatusOK)
	return r.ResponseWriter.Write(p)
}

// WriteString implements io.StringWriter.
func (r *recorder) WriteString(s string) (int, error) {
	r.wrote(http.StatusOK)
	return io.WriteString(r.ResponseWriter, s)
}

// ReadFrom implements io.ReaderFrom, so that files go out by sendfile.
func (r *recorder) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = io.Copy(r.ResponseWriter, src)
	if n > 0 { // else the handler may still say that src failed
		r.wrote(http.StatusOK)
	}
	return n, err
}

// Push implements http.Pusher.
func (r *recorder) Push(target string, opts *http.PushOptions) error {
	if p, ok := r.ResponseWriter.(http.Pusher); ok {
		return p.Push(target, opts)
	}
	return http.ErrNotSupported
}

type flusher struct{ *recorder }

// Flush implements http.Flusher.
func (f flusher) Flush() { f.FlushError() }

// FlushError is for http.ResponseController.
func (f flusher) FlushError() error {
	f.wrote(http.StatusOK)
	return http.NewResponseController(f.ResponseWriter).Flush()
}

type hijacking struct {
	*recorder
	hijacker http.Hijacker
}

// Hijack implements http.Hijacker. Whoever takes the connection speaks
// another protocol from there on.
func (h hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.hijacker.Hijack()
	if err == nil {
		h.wrote(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}
