package present

import (
	"io"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// Keys of values that a trace may have.
const (
	// SampledKey is the key of a bool. If it is true, the trace is exported.
	SampledKey = present.SampledKey
	// SampledCBKey is the key of a func(*monkit.Trace). It is called if a trace
	// becomes sampled after its start, so that exporters can observe it.
	SampledCBKey = present.SampledCBKey
)

// SpansToSVG draws spans on a time axis.
func SpansToSVG(w io.Writer, spans []*tracing.FinishedSpan) error {
	return present.SpansToSVG(w, spans)
}

// SpansToJSON writes spans as a JSON array.
func SpansToJSON(w io.Writer, spans []*tracing.FinishedSpan) error {
	return present.SpansToJSON(w, spans)
}

// TraceQuerySVG waits until a span of reg for which matcher returned true has
// finished after minDuration or longer, and draws it with all spans below it.
func TraceQuerySVG(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, minDuration time.Duration) error {
	return present.TraceQuerySVG(reg, w, matcher, minDuration)
}

// TraceQueryJSON waits like TraceQuerySVG and writes the spans as JSON.
func TraceQueryJSON(reg *monkit.Registry, w io.Writer, matcher func(*monkit.Span) bool, minDuration time.Duration) error {
	return present.TraceQueryJSON(reg, w, matcher, minDuration)
}
