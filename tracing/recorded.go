package tracing

import (
	"container/list"
	"io"
	"time"

	"monkit.example/monkit"
)

// Recorded is a trace that a Recorder has kept, or that part of it which one
// call led to that came from outside.
type Recorded struct {
	ID       string // of that call's span; TraceID is that of others too
	TraceID  string
	Func     string // what was called, with its tags
	Start    time.Time
	Duration time.Duration
	Err      string // name of the error, or ""
	Panicked bool
	Dropped  int    // spans that were too many
	Reasons  Reason // why it is kept

	rows []row
}

// Spans is how many spans are kept.
func (t Recorded) Spans() int { return len(t.rows) }

// WriteSVG draws the trace as SpansToSVG does.
func (t Recorded) WriteSVG(w io.Writer) error { return writeSVG(w, t.rows, t.Dropped) }

// WriteJSON writes the spans as SpansToJSON does.
func (t Recorded) WriteJSON(w io.Writer) error {
	return writeArray(w, len(t.rows), func(i int) record { return t.rows[i].record })
}

// kept is a Recorded with its place in the Recorder. Only Reasons change, and
// they are guarded by Recorder.mu.
type kept struct {
	Recorded
	fn    *monkit.Func
	bytes int
	cut   int // spans that were let go for want of room
	place *list.Element
}

// newKept makes of c what needs no more than that many bytes.
func newKept(c caught, most int) *kept {
	root := c.root
	k := &kept{fn: root.Span.Func(), Recorded: Recorded{
		ID:       SpanID(root.Span.Id()),
		TraceID:  TraceID(root.Span.Trace()),
		Func:     callName(root.Span.Func()),
		Start:    root.Span.Start(),
		Duration: c.duration(),
		Panicked: root.Panicked,
		Dropped:  c.dropped,
	}}
	if root.Err != nil {
		k.Err = monkit.ErrorName(root.Err)
	}
	rows := rowsBelow(root, c.spans)
	k.bytes = 300 + len(k.Func) + len(k.Err)
	for i := range rows {
		rows[i].shorten()
		size := rows[i].size()
		if i > 0 && k.bytes+size > most {
			k.cut = len(rows) - i
			k.Dropped += k.cut
			rows = append([]row(nil), rows[:i]...)
			break
		}
		k.bytes += size
	}
	k.rows = rows
	return k
}

func (k *kept) end() time.Time { return k.Start.Add(k.Duration) }

// old reports whether k ended too long ago to be among the slowest.
func (k *kept) old(now time.Time, o RecorderOptions) bool { return now.Sub(k.end()) > o.Window }
