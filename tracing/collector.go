package tracing

import (
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// SpanCollector is a monkit.SpanObserver that keeps the spans which end
// between the begin and the end of one that it waits for.
type SpanCollector struct {
	matcher func(s *monkit.Span) bool
	done    chan struct{}
	until   atomic.Pointer[monkit.Span] // nil before the begin, over after the end

	mu      sync.Mutex
	root    *FinishedSpan   // guarded by mu; the span that was waited for
	spans   []*FinishedSpan // guarded by mu; the others, in the order they ended
	dropped int             // guarded by mu
}

var _ monkit.SpanObserver = (*SpanCollector)(nil)

// over is what until is when nothing is collected any more.
var over = new(monkit.Span)

// NewSpanCollector returns a collector that begins with the first span for
// which matcher returns true, and ends when that span does. Runs of matcher
// may overlap. A nil matcher is for those who call ForceStart.
func NewSpanCollector(matcher func(s *monkit.Span) bool) (rv *SpanCollector) {
	return &SpanCollector{matcher: matcher, done: make(chan struct{})}
}

// ForceStart begins collecting, until endSpan ends, unless the collector has
// begun already.
func (c *SpanCollector) ForceStart(endSpan *monkit.Span) {
	c.until.CompareAndSwap(nil, endSpan)
}

// Start implements monkit.SpanObserver.
func (c *SpanCollector) Start(s *monkit.Span) {
	if c.matcher != nil && c.until.Load() == nil && c.matcher(s) {
		c.until.CompareAndSwap(nil, s)
	}
}

// Finish implements monkit.SpanObserver.
func (c *SpanCollector) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	until := c.until.Load()
	if until == nil || until == over || until.Trace() != s.Trace() {
		return
	}
	if c.keep(&FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}, s == until) {
		c.Stop()
	}
}

// keep returns isRoot.
func (c *SpanCollector) keep(s *FinishedSpan, isRoot bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.root != nil: // the end came first
	case isRoot:
		c.root = s
	case len(c.spans) >= MaxSpans-1:
		c.dropped++
	default:
		c.spans = append(c.spans, s)
	}
	return isRoot
}

// Stop ends collecting.
func (c *SpanCollector) Stop() {
	if c.until.Swap(over) != over {
		close(c.done)
	}
}

// Done is closed when the span that was waited for has ended, or by Stop.
func (c *SpanCollector) Done() <-chan struct{} { return c.done }

// Spans returns the span that was waited for and all that it led to, each
// before those it called. It is empty until that span has ended.
func (c *SpanCollector) Spans() (spans []*FinishedSpan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.root == nil {
		return nil
	}
	t := newTree(append([]*FinishedSpan{c.root}, c.spans...))
	t.walk(c.root, func(s *FinishedSpan) { spans = append(spans, s) })
	return spans
}

// Dropped is how many spans were not kept because there were MaxSpans.
func (c *SpanCollector) Dropped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}
