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

// FromRequest returns a function that writes the page at path, and the content
// type of the page. It ignores all but the first two elements of path. Errors
// have a method StatusCode() int, which returns the HTTP status of the error.
//
// Pages of traces wait until a trace comes. The handler that HTTP returns stops
// waiting when the client disconnects.
func FromRequest(reg *monkit.Registry, path string, query url.Values) (f Result, contentType string, err error) {
	return FromRequestWith(reg, Options{}, path, query)
}

// FromRequestWith is FromRequest with options.
func FromRequestWith(reg *monkit.Registry, o Options, path string, query url.Values) (f Result, contentType string, err error) {
	v, err := find(path, query, nil)
	if err != nil {
		return nil, "", err
	}
	return newHandler(reg, o).open(context.Background(), v, path, query)
}

// open returns the page that the view v has at path.
func (h handler) open(ctx context.Context, v view, path string, query url.Values) (Result, string, error) {
	result, err := v.open(request{ctx: ctx, handler: h, query: query, pages: h.pages(), root: relativeRoot(path)})
	if err != nil {
		return nil, "", err
	}
	if v.typeOf != nil {
		return result, v.typeOf(query), nil
	}
	return result, v.contentType, nil
}

// relativeRoot returns the relative path from the page at path to the index.
func relativeRoot(path string) string {
	depth := strings.Count(strings.TrimPrefix(path, "/"), "/")
	if depth == 0 {
		return "./"
	}
	return strings.Repeat("../", depth)
}

// statusError is an error with an HTTP status.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string {
	return http.StatusText(e.code) + ": " + e.text
}

// StatusCode returns the HTTP status of the error.
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
