package tracing

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// Bounds on the finished spans that an open trace holds.
const (
	// maxOpenSpans bounds the spans of one open trace.
	maxOpenSpans = 1000
	// freeOpenSpans is how many spans of each open trace do not count towards
	// the bound on all open traces, because the trace itself takes more memory
	// than they do.
	freeOpenSpans = 32
	// openSpanBytes estimates the memory of a finished span of an open trace.
	openSpanBytes = 1 << 10
)

// observedBy is the trace value that marks a trace as observed by a Recorder.
// The values of a trace may be copied to another trace, so the value is the
// trace that it marks.
type observedBy struct{ *Recorder }

// observe attaches an openTrace to t, once.
func (r *Recorder) observe(t *monkit.Trace) {
	if t.Get(observedBy{r}) != t {
		t.Set(observedBy{r}, t)
		t.ObserveSpans(&openTrace{recorder: r})
	}
}

// openTrace holds the finished spans of a trace until the root span above them
// ends. The trace references its openTrace and the Recorder does not: a trace
// that never ends is garbage collected together with its openTrace.
type openTrace struct {
	recorder *Recorder

	mu          sync.Mutex
	openRoots   int             // guarded by mu
	spans       []*FinishedSpan // guarded by mu; without root spans
	dropped     int             // guarded by mu; spans beyond the bounds
	reservation *reservation    // guarded by mu; nil until spans are more than freeOpenSpans
}

var _ monkit.SpanObserver = (*openTrace)(nil)

// finishedTrace is a root span that has ended, with the spans below it.
type finishedTrace struct {
	root    *FinishedSpan
	spans   []*FinishedSpan // includes root, and possibly spans of other roots
	dropped int
}

func (t finishedTrace) failed() bool            { return t.root.Panicked || t.root.Err != nil }
func (t finishedTrace) duration() time.Duration { return t.root.Finish.Sub(t.root.Span.Start()) }

// Start implements monkit.SpanObserver.
func (t *openTrace) Start(s *monkit.Span) {
	if s.Parent() == nil {
		t.mu.Lock()
		t.openRoots++
		t.mu.Unlock()
	}
}

// Finish implements monkit.SpanObserver.
func (t *openTrace) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	if t.recorder.closed.Load() {
		return
	}
	finished := &FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}
	if s.Parent() != nil {
		t.add(finished)
		return
	}
	t.recorder.record(t.finishRoot(finished))
}

// add holds s until its root ends.
func (t *openTrace) add(s *FinishedSpan) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.openRoots == 0: // s ended after its root
	case len(t.spans) >= maxOpenSpans || len(t.spans) >= freeOpenSpans && !t.reserveLocked():
		t.dropped++
		t.recorder.dropped.Add(1)
	default:
		t.spans = append(t.spans, s)
	}
}

// finishRoot removes and returns root with the spans below it. It leaves the
// spans of roots that are still open.
func (t *openTrace) finishRoot(root *FinishedSpan) finishedTrace {
	t.mu.Lock()
	defer t.mu.Unlock()
	finished := finishedTrace{root: root, spans: append(t.spans, root), dropped: t.dropped}
	t.spans, t.dropped = nil, 0
	if t.openRoots = max(t.openRoots-1, 0); t.openRoots > 0 {
		finished.spans, t.spans = splitBelow(root, finished.spans)
	}
	if t.reservation != nil {
		t.reservation.set(max(len(t.spans)-freeOpenSpans, 0))
	}
	return finished
}

// splitBelow splits spans into root with the spans below it, and the others.
func splitBelow(root *FinishedSpan, spans []*FinishedSpan) (below, others []*FinishedSpan) {
	t := newTree(spans)
	t.walk(root, func(s *FinishedSpan) { below = append(below, s) })
	for _, s := range spans {
		if !t.visited[s.Span.Id()] {
			others = append(others, s)
		}
	}
	return below, others
}

// reserveLocked counts another span towards the bound on all open traces, and
// reports whether the bound allows it.
func (t *openTrace) reserveLocked() bool {
	if t.reservation == nil {
		t.reservation = &reservation{total: &t.recorder.openSpans}
		runtime.AddCleanup(t, func(r *reservation) { r.set(0) }, t.reservation)
	}
	return t.reservation.add(int64(t.recorder.opts.MaxBytes / openSpanBytes))
}

// reservation is the share of one open trace in the spans of all open traces.
// The mutex of the open trace guards it.
type reservation struct {
	total *atomic.Int64 // of all open traces
	own   int64
}

// add adds one span, unless that makes more than limit in total.
func (r *reservation) add(limit int64) bool {
	if r.total.Add(1) > limit {
		r.total.Add(-1)
		return false
	}
	r.own++
	return true
}

// set changes the number of spans to n.
func (r *reservation) set(n int) {
	r.total.Add(int64(n) - r.own)
	r.own = int64(n)
}
