package present

import (
	"io"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// Values of a trace.
const (
	// SampledKey is the key of a bool: whether the trace is to be exported.
	SampledKey = present.SampledKey
	// SampledCBKey is the key of a func(*monkit.Trace), by which exporters hear
	// that a trace became sampled after it began.
	SampledCBKey = present.SampledCBKey
)

// SpansToSVG draws spans along time.
func SpansToSVG(w io.Writer, spans []*tracing.FinishedSpan) error {
	return present.SpansToSVG(w, spans)
}

// SpansToJSON writes spans as a JSON array.
func SpansToJSON(w io.Writer, spans []*tracing.FinishedSpan) error {
	return present.SpansToJSON(w, spans)
}

// TraceQuerySVG waits for a span of reg that matcher returns true for, and
// draws its trace.
func TraceQuerySVG(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool) error {
	return present.TraceQuerySVG(reg, w, matcher)
}

// TraceQueryJSON waits as TraceQuerySVG does, and writes the trace as JSON.
func TraceQueryJSON(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool) error {
	return present.TraceQueryJSON(reg, w, matcher)
}
