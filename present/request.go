package present

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"monkit.example/internal/printable"
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
	return newHandler(reg, o).open(v, request{ctx: context.Background(), path: path, query: query})
}

// request is the input of a view.
type request struct {
	ctx    context.Context // ends when the client disconnects
	path   string
	query  url.Values
	hidden string // as walk.hidden

	// Set by open.
	handler
	filter filter
	pages  []page // the pages of the handler
	root   string // relative path from the page to the index
}

// walk returns the walk of the registry for this request.
func (r request) walk() walk { return walk{registry: r.registry, ctx: r.ctx, hidden: r.hidden} }

// open returns the page of the view v, and its content type.
func (h handler) open(v view, req request) (Result, string, error) {
	filter, err := parseFilter(req.query.Get("q"))
	if err != nil {
		return nil, "", err
	}
	req.handler, req.filter, req.pages, req.root = h, filter, h.pages(), relativeRoot(req.path)
	result, err := v.open(req)
	if err != nil {
		return nil, "", err
	}
	contentType := v.contentType
	if v.typeOf != nil {
		contentType = v.typeOf(req.query)
	}
	switch {
	case v.serve != nil: // a page for programs
	case v.work == walks:
		result = req.rendered(v, contentType)
	default:
		result = printed(result, contentType)
	}
	return result, contentType, nil
}

// rendered returns a Result that is made in memory, and for all requests alike
// that come at the same time.
func (r request) rendered(v view, contentType string) Result {
	name, _, _ := strings.Cut(strings.TrimLeft(r.path, "/"), "/")
	key := fmt.Sprint(v.name, " ", r.hidden, " ", r.path, "?", r.query.Encode())
	return func(w io.Writer) error {
		return r.renderer.write(r.ctx, name, key, w, func(ctx context.Context, w io.Writer) error {
			shared := r
			shared.ctx = ctx
			result, err := v.open(shared)
			if err != nil {
				return err
			}
			return printed(result, contentType)(w)
		})
	}
}

// printed returns a Result in which everything that does not print is escaped.
// In JSON that keeps the data.
func printed(result Result, contentType string) Result {
	convert := printable.Text
	if contentType == typeJSON {
		convert = printable.JSON
	}
	return func(w io.Writer) error {
		p := printingWriter{printable.NewWriter(w, convert), w}
		if err := result(p); err != nil {
			return err
		}
		return p.Close()
	}
}

// printingWriter passes the methods of the writer below on.
type printingWriter struct {
	*printable.Writer
	below io.Writer
}

func (p printingWriter) Extend(d time.Duration) { extendDeadline(p.below, d) }

func (p printingWriter) Flush() error { return flush(p.below) }

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
	code  int
	text  string
	again bool // a later request may succeed
}

func (e *statusError) Error() string {
	return http.StatusText(e.code) + ": " + e.text
}

// StatusCode returns the HTTP status of the error.
func (e *statusError) StatusCode() int { return e.code }

func notFound(path string) error {
	return &statusError{code: http.StatusNotFound, text: "path not found: " + printable.String(path)}
}

func badRequest(format string, args ...any) error {
	return &statusError{code: http.StatusBadRequest, text: fmt.Sprintf(format, args...)}
}

// busy is unavailable for a moment.
func busy(format string, args ...any) error {
	return &statusError{code: http.StatusServiceUnavailable, text: fmt.Sprintf(format, args...), again: true}
}

func unavailable(format string, args ...any) error {
	return &statusError{code: http.StatusServiceUnavailable, text: fmt.Sprintf(format, args...)}
}

func statusOf(err error) int {
	if e := (*statusError)(nil); errors.As(err, &e) {
		return e.code
	}
	return http.StatusInternalServerError
}
