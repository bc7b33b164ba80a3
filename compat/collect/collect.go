package collect

import (
	"context"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// FinishedSpan is a span that has ended, and how.
type FinishedSpan = tracing.FinishedSpan

// SpanCollector is a monkit.SpanObserver that keeps the spans which end between
// the begin and the end of one that it waits for.
type SpanCollector = tracing.SpanCollector

// NewSpanCollector returns a collector that begins with the first span for
// which matcher returns true. A nil matcher leaves that to ForceStart.
func NewSpanCollector(matcher func(s *monkit.Span) bool) *SpanCollector {
	return tracing.NewSpanCollector(matcher)
}

// StartTimeSorter sorts spans by when they began.
type StartTimeSorter = tracing.StartTimeSorter

// CollectSpans runs work and returns the spans of it.
func CollectSpans(ctx context.Context, work func(ctx context.Context)) []*FinishedSpan {
	return tracing.CollectSpans(ctx, work)
}

// WatchForSpans waits until a span for which matcher returned true has ended,
// and returns it with the spans that it led to.
func WatchForSpans(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) ([]*FinishedSpan, error) {
	return tracing.WatchForSpans(ctx, r, matcher)
}

// FindSpan calls matcher with each span that begins in r, until it returns true
// or ctx ends.
func FindSpan(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) {
	tracing.FindSpan(ctx, r, matcher)
}

// ObserveAllTraces tells collector of the spans of all traces of r, live ones
// and those that come, until cancel is called.
func ObserveAllTraces(r *monkit.Registry, collector monkit.SpanObserver) (cancel func()) {
	return tracing.ObserveAllTraces(r, collector)
}
