package present

import (
	"context"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

const (
	// SampledKey is the key of a trace value, a bool: whether exporters export
	// the trace.
	SampledKey = tracing.SampledKey
	// SampledCBKey is the key of a trace value, a func(*monkit.Trace). It is
	// called when the trace becomes sampled after it began.
	SampledCBKey = tracing.SampledCBKey
)

// SpansToSVG draws spans along a time axis.
func SpansToSVG(w io.Writer, spans []*tracing.FinishedSpan) error {
	return tracing.SpansToSVG(w, spans)
}

// SpansToJSON writes spans as a JSON array.
func SpansToJSON(w io.Writer, spans []*tracing.FinishedSpan) error {
	return tracing.SpansToJSON(w, spans)
}

// TraceQuerySVG waits until a span of reg for which matcher returned true has
// finished after minDuration or longer, then draws it with all spans below it.
// While it waits it writes a newline every 30 seconds. It returns early if w
// fails.
func TraceQuerySVG(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, minDuration time.Duration) error {
	q := traceQuery{matcher: matcher, minDuration: minDuration}
	return writeTrace(context.Background(), reg, w, q, tracing.SpansToSVG)
}

// TraceQueryJSON waits as TraceQuerySVG does, and writes the spans as a JSON
// array.
func TraceQueryJSON(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, minDuration time.Duration) error {
	q := traceQuery{matcher: matcher, minDuration: minDuration}
	return writeTrace(context.Background(), reg, w, q, tracing.SpansToJSON)
}

// spanWriter writes finished spans in some form.
type spanWriter func(io.Writer, []*tracing.FinishedSpan) error

func writeTrace(ctx context.Context, reg *monkit.Registry, w io.Writer, q traceQuery, write spanWriter) error {
	var spans []*tracing.FinishedSpan
	err := waitKeepingAlive(ctx, w, func(ctx context.Context) (err error) {
		spans, err = q.wait(ctx, reg)
		return err
	})
	if err != nil {
		return err
	}
	return write(w, spans)
}

// traceView returns a view of the next trace that the query matches.
func traceView(write func(request, io.Writer, []*tracing.FinishedSpan) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		q, err := req.traceQuery()
		if err != nil {
			return nil, err
		}
		return q.result(req.ctx, func(ctx context.Context, w io.Writer) error {
			return writeTrace(ctx, req.registry, w, q, func(w io.Writer, spans []*tracing.FinishedSpan) error { return write(req, w, spans) })
		}), nil
	}
}

func drawNext(req request, w io.Writer, spans []*tracing.FinishedSpan) error {
	return tracing.SpansToSVGWith(w, spans, req.linkTo("trace"))
}

func writeNext(_ request, w io.Writer, spans []*tracing.FinishedSpan) error {
	return tracing.SpansToJSON(w, spans)
}

// traceQuery is the parsed query of a page that waits for a trace.
type traceQuery struct {
	matcher     func(*monkit.Span) bool
	minDuration time.Duration // shorter spans are passed over; not for /trace/remote
	timeout     time.Duration // zero means no limit
}

func (r request) traceQuery() (q traceQuery, err error) {
	if q.matcher, err = r.matcher(); err != nil {
		return q, err
	}
	if q.minDuration, err = r.duration("min_duration", 0); err != nil {
		return q, err
	}
	q.timeout, err = r.duration("timeout", 1)
	return q, err
}

// wait returns the first span that q matches, and all spans below it.
func (q traceQuery) wait(ctx context.Context, reg *monkit.Registry) ([]*tracing.FinishedSpan, error) {
	for {
		spans, err := tracing.WatchForSpans(ctx, reg, q.matcher)
		if err != nil || spans[0].Finish.Sub(spans[0].Span.Start()) >= q.minDuration {
			return spans, err
		}
	}
}

func (r request) matcher() (func(*monkit.Span) bool, error) {
	q := tracing.Query{Regex: r.query.Get("regex"), TraceID: r.query.Get("trace_id"), Preselect: true}
	if text := r.query.Get("preselect"); text != "" {
		var err error
		if q.Preselect, err = strconv.ParseBool(text); err != nil {
			return nil, badRequest("invalid preselect %.40q; write true or false", text)
		}
	}
	matcher, err := q.Match(r.registry)
	if err != nil {
		return nil, badRequest("%s", webpage.Printable(err.Error()))
	}
	return matcher, nil
}

// duration returns the duration in the query, which must be least or longer, or
// 0 if there is none.
func (r request) duration(key string, least time.Duration) (time.Duration, error) {
	text := r.query.Get(key)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least {
		return 0, badRequest("invalid %s %.40q; write a duration such as 30s", key, text)
	}
	return d, nil
}

// maxWaiting bounds how many requests of the process wait for traces at a
// time, because each of them adds to the cost of every span.
const maxWaiting = 16

var waiting atomic.Int64

// result returns a Result that runs wait with the timeout of q, or refuses to
// if maxWaiting requests wait already.
func (q traceQuery) result(ctx context.Context, wait func(context.Context, io.Writer) error) Result {
	return func(w io.Writer) error {
		defer waiting.Add(-1)
		if waiting.Add(1) > maxWaiting {
			return unavailable("%d requests wait for traces already; try again later", maxWaiting)
		}
		if q.timeout <= 0 {
			return wait(ctx, w)
		}
		limited, cancel := context.WithTimeout(ctx, q.timeout)
		defer cancel()
		return wait(limited, w)
	}
}
