package monkithttp

import (
	"fmt"
	"net/http"
)

// StatusError is the error of a span whose answer had a status of 500 or
// above.
type StatusError int

// Error is "HTTP 503 Service Unavailable".
func (e StatusError) Error() string {
	return fmt.Sprintf("HTTP %d %s", int(e), http.StatusText(int(e)))
}

// Name is what the error is counted under.
func (e StatusError) Name() (string, bool) { return fmt.Sprintf("HTTP %d", int(e)), true }

func statusError(code int) error {
	if code < http.StatusInternalServerError {
		return nil
	}
	return StatusError(code)
}
