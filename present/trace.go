package present

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"monkit.example/internal/printable"
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
// While it waits it writes a newline every 45 seconds. It returns early if w
// fails, and has no other limit of time. The goroutines of the program call
// matcher, so it must be quick and safe for concurrent use.
func TraceQuerySVG(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, minDuration time.Duration) error {
	q := traceQuery{matcher: tracing.MatchBy(matcher), minDuration: minDuration}
	return writeTrace(context.Background(), reg, w, q, tracing.SpansToSVG)
}

// TraceQueryJSON waits as TraceQuerySVG does, and writes the spans as a JSON
// array.
func TraceQueryJSON(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, minDuration time.Duration) error {
	q := traceQuery{matcher: tracing.MatchBy(matcher), minDuration: minDuration}
	return writeTrace(context.Background(), reg, w, q, tracing.SpansToJSON)
}

// spanWriter writes finished spans in some form.
type spanWriter func(io.Writer, []*tracing.FinishedSpan) error

func writeTrace(ctx context.Context, reg *monkit.Registry, w io.Writer, q traceQuery, write spanWriter) error {
	var spans []*tracing.FinishedSpan
	err := waitKeepingAlive(ctx, w, func(ctx context.Context) (err error) {
		spans, err = q.matcher.Watch(ctx, reg, q.minDuration)
		return err
	})
	if err != nil {
		return traceError(err)
	}
	return write(w, spans)
}

// traceView returns a view of the next trace that the query matches.
func traceView(write func(request, tracing.Recorded, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		q, err := req.traceQuery()
		if err != nil {
			return nil, err
		}
		return q.result(req.ctx, func(ctx context.Context, w io.Writer) error {
			return writeTrace(ctx, req.registry, w, q, func(w io.Writer, spans []*tracing.FinishedSpan) error {
				t := tracing.NewRecorded(spans)
				if req.hidden != "" {
					t = t.Hiding(req.hidden)
				}
				return write(req, t, w)
			})
		}), nil
	}
}

// drawing returns a function that draws a trace with a link to a page.
func drawing(page string) func(request, tracing.Recorded, io.Writer) error {
	return func(req request, t tracing.Recorded, w io.Writer) error {
		return t.WriteSVGWith(w, tracing.SVGOptions{Back: req.root + page, BackName: req.title(page)})
	}
}

// writeSpans writes the spans of a trace as a JSON array.
func writeSpans(_ request, t tracing.Recorded, w io.Writer) error { return t.WriteJSON(w) }

// traceQuery is the parsed query of a page that waits for a trace.
type traceQuery struct {
	matcher     *tracing.Matcher
	minDuration time.Duration // shorter spans are passed over; not for /trace/remote
	timeout     time.Duration
}

// How long a page waits for a trace: without the query parameter timeout, and at
// most.
const (
	defaultTimeout = 30 * time.Second
	maxTimeout     = 10 * time.Minute
)

func (r request) traceQuery() (q traceQuery, err error) {
	if q.matcher, err = r.matcher(); err != nil {
		return q, err
	}
	if q.minDuration, err = r.duration("min_duration", 0); err != nil {
		return q, err
	}
	q.timeout, err = r.duration("timeout", 1)
	switch {
	case err != nil:
	case q.timeout > maxTimeout:
		err = badRequest("invalid timeout %s; a page waits for at most %s", q.timeout, maxTimeout)
	case q.timeout == 0:
		q.timeout = defaultTimeout
	}
	return q, err
}

// traceError returns the error of a page for one of tracing.
func traceError(err error) error {
	if errors.Is(err, tracing.ErrNoFunction) {
		return badRequest("%v", err)
	}
	return err
}

func (r request) matcher() (*tracing.Matcher, error) {
	q := tracing.Query{Regex: r.query.Get("regex"), TraceID: r.query.Get("trace_id"), Preselect: true}
	if text := r.query.Get("preselect"); text != "" {
		var err error
		if q.Preselect, err = strconv.ParseBool(text); err != nil {
			return nil, badRequest("invalid preselect %.40q; write true or false", text)
		}
	}
	matcher, err := q.Compile()
	if err != nil {
		return nil, badRequest("%s", printable.String(err.Error()))
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

// result returns a Result that runs wait within the timeout of q, or refuses to
// if maxWaiting requests wait already.
func (q traceQuery) result(ctx context.Context, wait func(context.Context, io.Writer) error) Result {
	return func(w io.Writer) error {
		defer waiting.Add(-1)
		if waiting.Add(1) > maxWaiting {
			return unavailable("%d requests wait for traces already; try again later", maxWaiting)
		}
		limited, cancel := context.WithTimeoutCause(ctx, q.timeout,
			unavailable("no span matched within %s; the query parameter timeout takes up to %s", q.timeout, maxTimeout))
		defer cancel()
		return wait(limited, w)
	}
}
