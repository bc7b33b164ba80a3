package collect

import (
	"context"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// FinishedSpan is a span that has ended, with its error and the time of its end.
type FinishedSpan = tracing.FinishedSpan

// SpanCollector is a monkit.SpanObserver that records the spans that end between
// the start and the end of one span.
type SpanCollector = tracing.SpanCollector

// NewSpanCollector returns a collector that starts to record at the first span
// for which matcher returns true. If matcher is nil, it starts at ForceStart.
func NewSpanCollector(matcher func(s *monkit.Span) bool) *SpanCollector {
	return tracing.NewSpanCollector(matcher)
}

// StartTimeSorter sorts spans by the time of their start.
type StartTimeSorter = tracing.StartTimeSorter

// CollectSpans calls work and returns the spans that ended during the call.
func CollectSpans(ctx context.Context, work func(ctx context.Context)) []*FinishedSpan {
	return tracing.CollectSpans(ctx, work)
}

// WatchForSpans waits until a span for which matcher returned true has ended. It
// returns that span and the spans below it.
func WatchForSpans(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) ([]*FinishedSpan, error) {
	return tracing.WatchForSpans(ctx, r, matcher)
}

// FindSpan calls matcher with each span that starts in r, until matcher returns
// true or ctx ends.
func FindSpan(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) {
	tracing.FindSpan(ctx, r, matcher)
}

// ObserveAllTraces lets collector observe the spans of all present and future
// traces of r, until cancel is called.
func ObserveAllTraces(r *monkit.Registry, collector monkit.SpanObserver) (cancel func()) {
	return tracing.ObserveAllTraces(r, collector)
}
