package vlite

import (
	"errors"
	"net/http"

	"monkit.example/monkit"
)

// The errors of the service. Callers compare with errors.Is.
var (
	ErrNotFound    = errors.New("no such video")
	ErrUnavailable = errors.New("backend unavailable")
	ErrFull        = errors.New("backend full")
	ErrBadTitle    = errors.New("bad title")
)

// kinds has the name that each error is counted by, and its HTTP status.
var kinds = []struct {
	err    error
	name   string
	status int
}{
	{ErrNotFound, "NotFound", http.StatusNotFound},
	{ErrUnavailable, "Unavailable", http.StatusServiceUnavailable},
	{ErrFull, "Full", http.StatusInsufficientStorage},
	{ErrBadTitle, "BadTitle", http.StatusBadRequest},
}

// monkit counts the errors of a function by name. Without a handler all errors
// of this package would have one name.
func init() { monkit.AddErrorNameHandler(errorName) }

func errorName(err error) (name string, ok bool) {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.name, true
		}
	}
	return "", false
}

func statusOf(err error) int {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.status
		}
	}
	return http.StatusInternalServerError
}
