package present

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

const (
	// SampledKey is the trace value, a bool, that says whether the trace is to
	// be exported.
	SampledKey = tracing.SampledKey
	// SampledCBKey is the trace value, a func(*monkit.Trace), by which exporters
	// hear that a trace became sampled after it began.
	SampledCBKey = tracing.SampledCBKey
)

// SpansToSVG draws spans along time.
func SpansToSVG(w io.Writer, spans []*tracing.FinishedSpan) error {
	return tracing.SpansToSVG(w, spans)
}

// SpansToJSON writes spans as an array.
func SpansToJSON(w io.Writer, spans []*tracing.FinishedSpan) error {
	return tracing.SpansToJSON(w, spans)
}

// TraceQuerySVG waits until a span of reg for which matcher returned true has
// ended, and draws it with the spans that it led to. While it waits it writes
// newlines now and then; it ends when w fails.
func TraceQuerySVG(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool) error {
	return writeTrace(context.Background(), reg, w, matcher, tracing.SpansToSVG)
}

// TraceQueryJSON is TraceQuerySVG that writes an array.
func TraceQueryJSON(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool) error {
	return writeTrace(context.Background(), reg, w, matcher, tracing.SpansToJSON)
}

// spanWriter writes finished spans in some form.
type spanWriter func(io.Writer, []*tracing.FinishedSpan) error

func writeTrace(ctx context.Context, reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, write spanWriter) error {
	var spans []*tracing.FinishedSpan
	err := waitAlive(ctx, w, func(ctx context.Context) (err error) {
		spans, err = tracing.WatchForSpans(ctx, reg, matcher)
		return err
	})
	if err != nil {
		return err
	}
	return write(w, spans)
}

var traceHTML = htmlView("trace", func(request) any { return nil })

// traceView opens a view of the next trace that the query matches.
func traceView(write spanWriter) func(request) (Result, error) {
	return func(req request) (Result, error) {
		matcher, err := req.matcher()
		if err != nil {
			return nil, err
		}
		patience, err := req.patience()
		if err != nil {
			return nil, err
		}
		return limited(func(w io.Writer) error {
			ctx, cancel := patience(req.ctx)
			defer cancel()
			return writeTrace(ctx, req.registry, w, matcher, write)
		}), nil
	}
}

// patience returns what limits a context to the time that the query gives.
func (r request) patience() (func(context.Context) (context.Context, context.CancelFunc), error) {
	text := r.query.Get("timeout")
	if text == "" {
		return context.WithCancel, nil
	}
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return nil, badRequest("invalid timeout %.40q: a duration such as 30s is wanted", text)
	}
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, timeout)
	}, nil
}

// matcher is what the query looks for.
func (r request) matcher() (func(*monkit.Span) bool, error) {
	q := tracing.Query{Regex: r.query.Get("regex"), TraceID: r.query.Get("trace_id"), Preselect: true}
	if text := r.query.Get("preselect"); text != "" {
		var err error
		if q.Preselect, err = strconv.ParseBool(text); err != nil {
			return nil, badRequest("invalid preselect %.40q: true or false", text)
		}
	}
	matcher, err := q.Match(r.registry)
	if err != nil {
		return nil, badRequest("%s", webpage.Printable(err.Error()))
	}
	return matcher, nil
}

// maxWaiting bounds how many requests wait for traces at a time: each of them
// has a share in the cost of every span.
const maxWaiting = 16

var waiting atomic.Int64

// limited refuses to write when too many do.
func limited(write Result) Result {
	return func(w io.Writer) error {
		defer waiting.Add(-1)
		if waiting.Add(1) > maxWaiting {
			return unavailable("%d requests wait for traces already", maxWaiting)
		}
		return write(w)
	}
}

// remoteType is that of what /trace/remote answers.
func remoteType(query url.Values) string {
	if query.Get("viz") != "" {
		return typeHTML
	}
	return typeJSON
}
