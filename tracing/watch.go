package tracing

import (
	"context"
	"sync"

	"monkit.example/monkit"
)

// WatchForSpans waits until a span for which matcher returned true has ended,
// and returns it with the spans of its trace that it led to and that ended
// meanwhile. If ctx ends first, the error is ctx's. Runs of matcher may
// overlap; it is asked about each span that begins in r.
func WatchForSpans(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) (spans []*FinishedSpan, err error) {
	c := NewSpanCollector(matcher)
	defer c.Stop()
	defer ObserveAllTraces(r, c)()
	select {
	case <-c.Done():
		return c.Spans(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// CollectSpans runs work under a Func of its own, which is named after the one
// that ctx runs in, and returns the spans of it. If ctx has no span it returns
// none.
func CollectSpans(ctx context.Context, work func(ctx context.Context)) (spans []*FinishedSpan) {
	s := monkit.SpanFromCtx(ctx)
	if s == nil {
		work(ctx)
		return nil
	}
	c := NewSpanCollector(nil)
	defer c.Stop()
	defer s.Trace().ObserveSpans(c)()
	traced := s.Func().Scope().FuncNamed(s.Func().ShortName() + "-TRACED")
	func() {
		defer traced.Task(&ctx)(nil)
		c.ForceStart(monkit.SpanFromCtx(ctx))
		work(ctx)
	}()
	return c.Spans()
}

// FindSpan calls matcher with each span that begins in r, until it returns
// true or ctx ends. Runs of matcher may overlap, so several spans may match.
func FindSpan(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) {
	if matcher == nil {
		return
	}
	found := make(chan struct{})
	var once sync.Once
	defer observeStarts(r, func(s *monkit.Span) {
		select {
		case <-found:
			return
		default:
		}
		if matcher(s) {
			once.Do(func() { close(found) })
		}
	})()
	select {
	case <-found:
	case <-ctx.Done():
	}
}
