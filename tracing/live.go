package tracing

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// What is held of traces that run, at most.
const (
	maxLive  = 1000 // spans of one
	freeLive = 32   // spans of one that do not count for the Recorder's bound: a trace takes more memory than they do
)

// observedBy marks the traces that a Recorder observes. Their values may be
// copied to others: so the mark has the trace for its value.
type observedBy struct{ *Recorder }

// observe watches t, once.
func (r *Recorder) observe(t *monkit.Trace) {
	if t.Get(observedBy{r}) != t {
		t.Set(observedBy{r}, t)
		t.ObserveSpans(&live{recorder: r})
	}
}

// live is what a Recorder has of a trace that runs. The trace holds it, and
// the Recorder does not: what never ends goes with the trace.
type live struct {
	recorder *Recorder

	mu      sync.Mutex
	open    int             // guarded by mu; calls from outside that run
	spans   []*FinishedSpan // guarded by mu; those that ended, but for such calls
	dropped int             // guarded by mu; spans that there was no room for
	charge  *charge         // guarded by mu; nil until spans are more than freeLive
}

var _ monkit.SpanObserver = (*live)(nil)

// caught is what one call from outside led to.
type caught struct {
	root    *FinishedSpan
	spans   []*FinishedSpan // with root, and maybe some that others led to
	dropped int
}

func (c caught) failed() bool            { return c.root.Panicked || c.root.Err != nil }
func (c caught) duration() time.Duration { return c.root.Finish.Sub(c.root.Span.Start()) }

// Start implements monkit.SpanObserver.
func (l *live) Start(s *monkit.Span) {
	if s.Parent() == nil {
		l.mu.Lock()
		l.open++
		l.mu.Unlock()
	}
}

// Finish implements monkit.SpanObserver.
func (l *live) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	if l.recorder.closed.Load() {
		return
	}
	ended := &FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}
	if s.Parent() != nil {
		l.add(ended)
		return
	}
	l.recorder.consider(l.take(ended))
}

func (l *live) add(s *FinishedSpan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.open == 0: // it outlived the call that led to it
	case len(l.spans) >= maxLive || len(l.spans) >= freeLive && !l.pay():
		l.dropped++
		l.recorder.lost.Add(1)
	default:
		l.spans = append(l.spans, s)
	}
}

// take returns root with what it may have led to, and lets go of that. It
// leaves what other calls from outside led to that still run.
func (l *live) take(root *FinishedSpan) caught {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := caught{root: root, spans: append(l.spans, root), dropped: l.dropped}
	l.spans, l.dropped = nil, 0
	if l.open = max(l.open-1, 0); l.open > 0 {
		c.spans, l.spans = below(root, c.spans)
	}
	if l.charge != nil {
		l.charge.set(max(len(l.spans)-freeLive, 0))
	}
	return c
}

// below parts spans into root with what it led to, and others.
func below(root *FinishedSpan, spans []*FinishedSpan) (its, others []*FinishedSpan) {
	t := newTree(spans)
	t.walk(root, func(s *FinishedSpan) { its = append(its, s) })
	for _, s := range spans {
		if !t.seen[s.Span.Id()] {
			others = append(others, s)
		}
	}
	return its, others
}

// pay counts another span, and reports whether there is room. mu is held.
func (l *live) pay() bool {
	if l.charge == nil {
		l.charge = &charge{held: &l.recorder.held}
		runtime.AddCleanup(l, func(c *charge) { c.set(0) }, l.charge)
	}
	return l.charge.add(int64(l.recorder.opts.MaxBytes / liveSpan))
}

// liveSpan is about how many bytes a span takes that waits for the end of its
// trace.
const liveSpan = 1 << 10

// charge is the share of a trace in what all together may hold.
type charge struct {
	held *atomic.Int64 // of all
	own  int64
}

func (c *charge) add(most int64) bool {
	if c.held.Add(1) > most {
		c.held.Add(-1)
		return false
	}
	c.own++
	return true
}

func (c *charge) set(n int) {
	c.held.Add(int64(n) - c.own)
	c.own = int64(n)
}
