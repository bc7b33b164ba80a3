package webpage

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// maxBody is the largest body of a request that is read, only to be dropped.
const maxBody = 64 << 10

// RefusedBody reads the body of a request, for which no page has a use. It
// responds to a request whose body is large, or does not arrive within
// readHeaderTimeout, and reports whether it did. Call it before anything is
// taken that other requests wait for: net/http reads the rest of a body when the
// response begins, and only a read deadline ends that; neither a write deadline
// nor the end of the connection does. Further calls for a request do nothing.
func RefusedBody(w http.ResponseWriter, r *http.Request) bool {
	if r.ContentLength == 0 || r.Body == nil {
		return false
	}
	conn := http.NewResponseController(w)
	s, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	unbounded := !ok || s.ReadTimeout <= 0
	if unbounded {
		conn.SetReadDeadline(time.Now().Add(readHeaderTimeout)) // fails only for writers without a connection
	}
	n, err := io.CopyN(io.Discard, r.Body, maxBody+1)
	if errors.Is(err, io.EOF) || errors.Is(err, http.ErrBodyReadAfterClose) { // a handler before this one has dropped it
		if unbounded {
			conn.SetReadDeadline(time.Time{}) // else it would end the context of the request, once net/http waits for the next one
		}
		return false
	}
	conn.SetReadDeadline(time.Now()) // the server reads no more of it
	SetHeaders(w.Header(), "")
	switch {
	case n > maxBody:
		Error(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body of the request has more than %d bytes; send none", maxBody))
	case errors.Is(err, os.ErrDeadlineExceeded):
		Error(w, http.StatusRequestTimeout, "the body of the request did not arrive in time; send none")
	default:
		Error(w, http.StatusBadRequest, "read the body of the request: "+err.Error()+"; send none")
	}
	return true
}

// refuseBodies returns a handler that passes requests to next whose body is
// read.
func refuseBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !RefusedBody(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}
