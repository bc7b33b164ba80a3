// Package tracing catches spans when they have ended: those of one call, of
// the next run of a function, or the recent and slow traces of a program.
//
// Start with CollectSpans, which runs some work and returns the spans of it:
//
//	spans := tracing.CollectSpans(ctx, func(ctx context.Context) { serve(ctx) })
//	tracing.SpansToSVG(file, spans)
//
// WatchForSpans waits for a span that somebody else runs; Query makes the
// matcher it wants from a regular expression. A Recorder keeps the latest, the
// slowest and the failed traces of a registry in bounded memory, for the pages
// of package present or for whom asks:
//
//	rec := tracing.NewRecorder(monkit.Default, tracing.RecorderOptions{})
//	defer rec.Close()
//
// ObserveAllTraces and ObserveSampledTraces are what exporters stand on.
// Whether a trace is to be exported is a value of the trace: Sampled reads it,
// Sample sets it and tells exporters.
//
// A FinishedSpan holds the context that it ran in, as long as it is kept. A
// Recorded trace holds text and numbers.
package tracing
