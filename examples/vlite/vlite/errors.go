package vlite

import (
	"errors"
	"net/http"

	"monkit.example/monkit"
)

// What may go wrong. Callers compare with errors.Is.
var (
	ErrNotFound    = errors.New("no such video")
	ErrUnavailable = errors.New("backend unavailable")
	ErrFull        = errors.New("backend full")
	ErrBadTitle    = errors.New("bad title")
)

// kinds says what each error is to who measures and to who asks.
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

// Errors of a function are counted by name. Without this all of ours would be
// counted as one.
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
