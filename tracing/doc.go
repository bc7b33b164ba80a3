// Package tracing records finished spans: those of one call, of the next run
// of a function, or the recent, failed and slow traces of a program.
//
// Start with CollectSpans, which runs a function and returns the spans of its
// calls:
//
//	spans := tracing.CollectSpans(ctx, func(ctx context.Context) { serve(ctx) })
//	tracing.SpansToSVG(file, spans)
//
// WatchForSpans waits until the program runs a matching span. Matcher.Watch does so
// with a regular expression or the id of a trace, of which Query makes a Matcher, and
// without matching in the goroutines of the program. A Recorder retains
// the recent, failed and slow traces of a registry in bounded memory, and
// package present shows them:
//
//	rec := tracing.NewRecorder(monkit.Default, tracing.RecorderOptions{})
//	defer rec.Close()
//
// Exporters build on ObserveAllTraces and ObserveSampledTraces. A trace is
// exported if its value SampledKey is true: Sampled reads the value, Sample
// sets it and notifies exporters.
//
// A FinishedSpan keeps the context of its span reachable. A Recorded trace
// holds text and numbers only.
package tracing
