package tracing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// SpanCollector is a monkit.SpanObserver that collects one span, its root, and
// the spans below it. It collects from the start of the root until its end.
type SpanCollector struct {
	matcher func(s *monkit.Span) bool   // nil matches no span
	done    chan struct{}               // closed by Stop
	root    atomic.Pointer[monkit.Span] // nil before the root has started, stopped after its end

	mu           sync.Mutex
	finishedRoot *FinishedSpan   // guarded by mu
	spans        []*FinishedSpan // guarded by mu; without the root, in the order in which they ended
	dropped      int             // guarded by mu
}

var _ monkit.SpanObserver = (*SpanCollector)(nil)

// stopped is the root of a collector that collects no longer.
var stopped = new(monkit.Span)

// NewSpanCollector returns a collector whose root is the first span for which
// matcher returns true. Spans may start at the same time, so matcher must be
// safe for concurrent use. With a nil matcher, ForceStart sets the root.
func NewSpanCollector(matcher func(s *monkit.Span) bool) (rv *SpanCollector) {
	return &SpanCollector{matcher: matcher, done: make(chan struct{})}
}

// ForceStart sets the root, unless the collector already has one.
func (c *SpanCollector) ForceStart(root *monkit.Span) {
	c.root.CompareAndSwap(nil, root)
}

// Start implements monkit.SpanObserver.
func (c *SpanCollector) Start(s *monkit.Span) {
	if c.matcher != nil && c.root.Load() == nil && c.matcher(s) {
		c.root.CompareAndSwap(nil, s)
	}
}

// Finish implements monkit.SpanObserver.
func (c *SpanCollector) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	root := c.root.Load()
	if root == nil || root == stopped || root.Trace() != s.Trace() {
		return
	}
	c.add(&FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}, s == root)
	if s == root {
		c.Stop()
	}
}

func (c *SpanCollector) add(s *FinishedSpan, isRoot bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.finishedRoot != nil: // s ended after the root
	case isRoot:
		c.finishedRoot = s
	case len(c.spans) >= MaxSpans-1:
		c.dropped++
	default:
		c.spans = append(c.spans, s)
	}
}

// Stop stops collecting. Later calls do nothing.
func (c *SpanCollector) Stop() {
	if c.root.Swap(stopped) != stopped {
		close(c.done)
	}
}

// Done returns a channel that is closed when the root has ended or Stop is
// called.
func (c *SpanCollector) Done() <-chan struct{} { return c.done }

// Spans returns the root and the collected spans below it, each before those
// that it called. It returns nil if the root has not ended.
func (c *SpanCollector) Spans() []*FinishedSpan {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finishedRoot == nil {
		return nil
	}
	return withBelow(c.finishedRoot, c.spans)
}

// Dropped returns the number of spans that were dropped because MaxSpans were
// already collected.
func (c *SpanCollector) Dropped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}

// CollectSpans runs work in a span of its own, named after the span of ctx,
// and returns that span and those that work started and ended. If ctx has no
// span, CollectSpans only runs work.
func CollectSpans(ctx context.Context, work func(ctx context.Context)) (spans []*FinishedSpan) {
	s := monkit.SpanFromCtx(ctx)
	if s == nil {
		work(ctx)
		return nil
	}
	c := NewSpanCollector(nil)
	defer s.Trace().ObserveSpans(c)()
	traced := s.Func().Scope().FuncNamed(s.Func().ShortName() + "-TRACED")
	func() {
		defer traced.Task(&ctx)(nil)
		c.ForceStart(monkit.SpanFromCtx(ctx))
		work(ctx)
	}()
	return c.Spans()
}

// WatchForSpans waits until a span of r for which matcher returned true has
// ended. It returns that span and the spans below it that ended before it. If
// ctx ends first, the error is ctx's. WatchForSpans calls matcher for each
// span that starts, so matcher must be safe for concurrent use.
func WatchForSpans(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) (spans []*FinishedSpan, err error) {
	return MatchBy(matcher).Watch(ctx, r, 0)
}
