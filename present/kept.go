package present

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/tracing"
)

// withRecorder opens a view of what a Recorder keeps.
func withRecorder(open func(request) (Result, error)) func(request) (Result, error) {
	return func(req request) (Result, error) {
		if req.opts.Recorder == nil {
			return nil, &statusError{http.StatusNotFound, "no traces are kept: present.Options needs a tracing.Recorder"}
		}
		return open(req)
	}
}

// keptTrace opens a view of the trace with the query's id.
func keptTrace(write func(tracing.Recorded, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		id := req.query.Get("id")
		if id == "" {
			return nil, badRequest("the query parameter 'id' of a trace is required: /traces has them")
		}
		t, ok := req.opts.Recorder.Find(id)
		if !ok {
			return nil, &statusError{http.StatusNotFound, fmt.Sprintf("trace %.40q is not kept any more", id)}
		}
		return func(w io.Writer) error { return write(t, w) }, nil
	}
}

// keptTable has the kept traces that match a filter.
type keptTable struct {
	Rows   []tracing.Recorded
	Total  int
	Sorted string // by what
}

// Shown is the number of rows.
func (t *keptTable) Shown() int { return len(t.Rows) }

// Cut reports whether there are more traces than are shown.
func (t *keptTable) Cut() bool { return len(t.Rows) < t.Total }

// keptRows has the latest first, unless the query wants them sorted by how
// long they took. Its filter looks at the function, the error, and why the
// trace is kept.
func keptRows(req request) *keptTable {
	t := &keptTable{Sorted: "began"}
	for _, each := range req.opts.Recorder.Traces() {
		if matches(fmt.Sprint(each.Func, " ", ending(each), " ", each.Reasons), req.query.Get("q")) {
			t.Rows = append(t.Rows, each)
		}
	}
	if req.query.Get("sort") == "took" {
		t.Sorted = "took"
		slices.SortStableFunc(t.Rows, func(a, b tracing.Recorded) int { return cmp.Compare(b.Duration, a.Duration) })
	}
	t.Total = len(t.Rows)
	return t
}

// ending is how the trace ended, or "" if well.
func ending(t tracing.Recorded) string {
	if t.Panicked {
		return "panic"
	}
	return t.Err
}

var keptHTML = htmlView("traces", func(req request) any {
	t := keptRows(req)
	t.Rows = t.Rows[:min(t.Total, maxRows)]
	return t
})

// keptText has a line for each trace.
func keptText(req request) (Result, error) {
	return func(w io.Writer) error {
		p := newPrinter(w)
		for _, t := range keptRows(req).Rows {
			p.printf("[%s,%s] %s (began: %s, took: %s, spans: %d", t.ID, t.TraceID, webpage.Printable(t.Func),
				t.Start.UTC().Format(time.RFC3339Nano), t.Duration, t.Spans())
			if t.Dropped > 0 {
				p.printf(", dropped: %d", t.Dropped)
			}
			if end := ending(t); end != "" {
				p.printf(", error: %s", webpage.Printable(end))
			}
			p.printf(", kept as: %s)\n", t.Reasons)
		}
		return p.close()
	}, nil
}

// keptJSONRow is a trace as /traces/json has it.
type keptJSONRow struct {
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

func keptJSON(req request) (Result, error) {
	return func(w io.Writer) error {
		l := &list{printer: newPrinter(w)}
		l.open()
		for _, t := range keptRows(req).Rows {
			l.add(keptJSONRow{t.ID, t.TraceID, t.Func, t.Start.UnixNano(), t.Duration.Nanoseconds(),
				t.Err, t.Panicked, t.Spans(), t.Dropped, t.Reasons.String()})
		}
		return l.close()
	}, nil
}
