package present

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
)

// FromRequest returns what writes the page at path, and its content type.
// Of path only the first two elements count. An error has a method
// StatusCode() int, which tells the HTTP status to answer with. Pages of
// traces wait as long as it takes; HTTP has them wait no longer than somebody
// listens.
func FromRequest(reg *monkit.Registry, path string, query url.Values) (f Result, contentType string, err error) {
	return handler{registry: reg}.open(context.Background(), path, query, "")
}

func (h handler) open(ctx context.Context, path string, query url.Values, preferred string) (Result, string, error) {
	v, err := find(path, query, preferred)
	if err != nil {
		return nil, "", err
	}
	result, err := v.open(request{ctx: ctx, handler: h, query: query, pages: h.pages(), root: wayToRoot(path)})
	if err != nil {
		return nil, "", err
	}
	if v.typeOf != nil {
		return result, v.typeOf(query), nil
	}
	return result, v.contentType, nil
}

// wayToRoot is what a relative link at path starts with to lead to the index.
func wayToRoot(path string) string {
	depth := strings.Count(strings.TrimPrefix(path, "/"), "/")
	if depth == 0 {
		return "./"
	}
	return strings.Repeat("../", depth)
}

// statusError is an error that the asker made.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string {
	return http.StatusText(e.code) + ": " + e.text
}

// StatusCode is the HTTP status to answer with.
func (e *statusError) StatusCode() int { return e.code }

func notFound(path string) error {
	return &statusError{http.StatusNotFound, "path not found: " + webpage.Printable(path)}
}

func badRequest(format string, args ...any) error {
	return &statusError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func unavailable(format string, args ...any) error {
	return &statusError{http.StatusServiceUnavailable, fmt.Sprintf(format, args...)}
}

func statusOf(err error) int {
	if e := (*statusError)(nil); errors.As(err, &e) {
		return e.code
	}
	return http.StatusInternalServerError
}
