package monkithttp

import (
	"fmt"
	"io"
	"net/http"
)

// Wrap returns a writer that forwards to w, and a function that returns the
// status of the response. Of the optional interfaces of net/http (Flusher,
// Hijacker, Pusher, CloseNotifier) and of io.ReaderFrom, the writer has exactly
// those of w. It has the Unwrap method, through which http.ResponseController
// finds all other methods of w. It always is an io.StringWriter, since
// io.WriteString does the same with a writer that is none.
func Wrap(w http.ResponseWriter) (http.ResponseWriter, func() int) {
	r := &statusRecorder{ResponseWriter: w}
	return r.variant(methodsOf(w)), r.code
}

// statusRecorder is a http.ResponseWriter that records the status of the
// response. Like any ResponseWriter, it is used by one goroutine at a time.
type statusRecorder struct {
	http.ResponseWriter
	status int // 0 until the header is written
}

var _ io.StringWriter = (*statusRecorder)(nil)

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
