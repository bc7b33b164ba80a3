package tracing

import (
	"container/list"
	"io"
	"slices"
	"time"

	"monkit.example/monkit"
)

// Recorded is a trace that a Recorder retained: a root span and the spans
// below it. A trace that entered the process with several requests has several
// root spans, and a Recorded for each.
type Recorded struct {
	ID       string // of the root span; other Recorded may have the same TraceID
	TraceID  string
	Func     string // of the root span, with its tags
	Start    time.Time
	Duration time.Duration
	Err      string // name of the error, or ""
	Panicked bool
	Dropped  int    // spans beyond the bounds
	Reasons  Reason // why the trace is retained

	rows []row
}

// Spans returns the number of retained spans.
func (t Recorded) Spans() int { return len(t.rows) }

// NewRecorded returns finished spans, at most MaxSpans, as a Recorded. The first
// is its root.
func NewRecorded(spans []*FinishedSpan) Recorded {
	omitted := max(len(spans)-MaxSpans, 0)
	t := Recorded{Dropped: omitted, rows: rowsOf(spans[:len(spans)-omitted])}
	if len(spans) > 0 {
		t.setRoot(spans[0])
	}
	return t
}

// setRoot sets what is taken from the root span.
func (t *Recorded) setRoot(root *FinishedSpan) {
	t.ID = SpanID(root.Span.Id())
	t.TraceID = TraceID(root.Span.Trace())
	t.Func = callName(root.Span.Func())
	t.Start = root.Span.Start()
	t.Duration = root.Finish.Sub(t.Start)
	t.Panicked = root.Panicked
	if root.Err != nil {
		t.Err = monkit.ErrorName(root.Err)
	}
}

// Hiding returns a copy of the trace with text in place of the arguments,
// annotations and error texts of its spans. Names and times stay.
func (t Recorded) Hiding(text string) Recorded {
	t.rows = slices.Clone(t.rows)
	for i := range t.rows {
		t.rows[i].hide(text)
	}
	return t
}

// WriteSVG draws the trace as SpansToSVG does.
func (t Recorded) WriteSVG(w io.Writer) error { return t.WriteSVGWith(w, SVGOptions{}) }

// WriteSVGWith is WriteSVG with options.
func (t Recorded) WriteSVGWith(w io.Writer, o SVGOptions) error {
	return writeSVG(w, t.rows, t.Dropped, o)
}

// WriteJSON writes the spans as SpansToJSON does.
func (t Recorded) WriteJSON(w io.Writer) error {
	return writeArray(w, len(t.rows), func(i int) record { return t.rows[i].record })
}

// Reason is a set of reasons for which a trace is retained.
type Reason uint8

const (
	// Recent traces are the latest of their function.
	Recent Reason = 1 << iota
	// Failed traces are the latest that ended with an error or a panic.
	Failed
	// Slow traces are the slowest.
	Slow
)

// allReasons lists Slow last. funcTraces.addLocked may drop the trace that it
// adds as the least slow one, and must know its other reasons by then.
var allReasons = [...]struct {
	Reason
	name string
}{{Recent, "recent"}, {Failed, "failed"}, {Slow, "slow"}}

// String returns the names of the reasons, separated by spaces.
func (r Reason) String() (names string) {
	for _, each := range allReasons {
		if r&each.Reason == 0 {
			continue
		}
		if names != "" {
			names += " "
		}
		names += each.name
	}
	return names
}

// retainedTrace is a Recorded inside its Recorder. Only Reasons and elem
// change; Recorder.mu guards them.
type retainedTrace struct {
	Recorded
	fn    *monkit.Func
	bytes int // estimate
	cut   int // spans dropped to stay within the bound of newRetainedTrace
	elem  *list.Element
}

// newRetainedTrace copies as many spans of t as take no more than maxBytes of
// memory, and always the root.
func newRetainedTrace(t finishedTrace, maxBytes int) *retainedTrace {
	root := t.root
	r := &retainedTrace{fn: root.Span.Func(), Recorded: Recorded{Dropped: t.dropped}}
	r.setRoot(root)
	const fixed = 300 // about the size of a retainedTrace with its ids and its places in lists
	r.bytes = fixed + len(r.Func) + len(r.Err)
	rows := rowsBelow(root, t.spans)
	for i := range rows {
		rows[i].shorten()
		size := rows[i].size()
		if i > 0 && r.bytes+size > maxBytes {
			r.cut = len(rows) - i
			r.Dropped += r.cut
			rows = append([]row(nil), rows[:i]...) // frees the memory of the other rows
			break
		}
		r.bytes += size
	}
	r.rows = rows
	return r
}

func (r *retainedTrace) end() time.Time { return r.Start.Add(r.Duration) }

// isOld reports whether r ended too long ago to be among the slowest.
func (r *retainedTrace) isOld(now time.Time, o RecorderOptions) bool {
	return now.Sub(r.end()) > o.Window
}
