package present

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"monkit.example/internal/printable"
	"monkit.example/tracing"
)

// requireRecorder wraps a view of retained traces. Without a Recorder the
// page is not found.
func requireRecorder(open func(request) (Result, error)) func(request) (Result, error) {
	return func(req request) (Result, error) {
		if req.opts.Recorder == nil {
			return nil, &statusError{code: http.StatusNotFound, text: "no traces are retained; set the Recorder of present.Options"}
		}
		return open(req)
	}
}

// retainedTrace returns a view of the trace that the query parameter id names.
func retainedTrace(write func(request, tracing.Recorded, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		id := req.query.Get("id")
		if id == "" {
			return nil, badRequest("the query parameter 'id' is required; /traces lists the ids")
		}
		t, ok := req.opts.Recorder.Find(id)
		if !ok {
			return nil, &statusError{code: http.StatusNotFound, text: fmt.Sprintf("trace %.40q is no longer retained", id)}
		}
		if req.hidden != "" {
			t = t.Hiding(req.hidden)
		}
		return func(w io.Writer) error { return write(req, t, w) }, nil
	}
}

// retainedTable holds the retained traces that match a filter.
type retainedTable struct {
	table[tracing.Recorded]
	Sorted string // "began" or "took"
}

// retainedRows returns the latest trace first, or the longest first if the
// query has sort=took. The filter applies to the function, the error and the
// reasons for which the recorder retains the trace.
func retainedRows(req request) *retainedTable {
	t := &retainedTable{Sorted: "began"}
	for _, each := range req.opts.Recorder.Traces() {
		if req.filter.matches(fmt.Sprint(each.Func, " ", outcome(each), " ", each.Reasons)) {
			t.Rows = append(t.Rows, each)
		}
	}
	if req.query.Get("sort") == "took" {
		t.Sorted = "took"
		slices.SortStableFunc(t.Rows, func(a, b tracing.Recorded) int { return cmp.Compare(b.Duration, a.Duration) })
	}
	return t
}

// outcome returns the error that a trace ended with, "panic", or "" if it
// succeeded.
func outcome(t tracing.Recorded) string {
	if t.Panicked {
		return "panic"
	}
	return t.Err
}

var retainedHTML = htmlView("traces", func(req request) any {
	t := retainedRows(req)
	t.truncate()
	return t
})

// retainedText writes a line for each trace.
func retainedText(req request) (Result, error) {
	return func(w io.Writer) error {
		p := newPrinter(w)
		for _, t := range retainedRows(req).Rows {
			p.printf("[%s,%s] %s (began: %s, took: %s, spans: %d", t.ID, t.TraceID, printable.String(t.Func),
				t.Start.UTC().Format(time.RFC3339Nano), t.Duration, t.Spans())
			if t.Dropped > 0 {
				p.printf(", dropped: %d", t.Dropped)
			}
			if err := outcome(t); err != "" {
				p.printf(", error: %s", printable.String(err))
			}
			p.printf(", retained as: %s)\n", t.Reasons)
		}
		return p.close()
	}, nil
}

// retainedTraceJSON is the form of a trace in /traces/json.
type retainedTraceJSON struct {
	ID       string `json:"id"`
	TraceID  string `json:"trace_id"`
	Func     string `json:"func"`
	Start    int64  `json:"start"`    // Unix time in nanoseconds
	Duration int64  `json:"duration"` // nanoseconds
	Err      string `json:"err"`
	Panicked bool   `json:"panicked"`
	Spans    int    `json:"spans"`
	Dropped  int    `json:"dropped"`
	Reasons  string `json:"reasons"`
}

func retainedJSON(req request) (Result, error) {
	return func(w io.Writer) error {
		a := newJSONArray(w)
		for _, t := range retainedRows(req).Rows {
			a.add(retainedTraceJSON{t.ID, t.TraceID, t.Func, t.Start.UnixNano(), t.Duration.Nanoseconds(),
				t.Err, t.Panicked, t.Spans(), t.Dropped, t.Reasons.String()})
		}
		return a.close()
	}, nil
}
