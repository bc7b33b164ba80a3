package tracing

import (
	"fmt"

	"monkit.example/monkit"
)

// Origin is what a trace brought from another process, beside its id, and
// takes along to the next one.
type Origin struct {
	// Random says that the id was made at random.
	Random bool
	// Debug asks all who sample to keep the trace.
	Debug bool
	// State is what tracing systems know of the trace, each in its own form: a
	// tracestate header.
	State string
	// Baggage is what programs told those that they called.
	Baggage map[string]string
}

type originKey struct{}

// SetOrigin says where t came from. It belongs before the first span of t.
func SetOrigin(t *monkit.Trace, o Origin) { t.Set(originKey{}, &o) }

// OriginOf returns where t came from. A trace that nobody called SetOrigin for
// began here, with an id of its own, if that has 128 bits.
func OriginOf(t *monkit.Trace) Origin {
	if o, ok := t.Get(originKey{}).(*Origin); ok {
		return *o
	}
	return Origin{Random: t.High() != 0}
}

// TraceID is the id of t in hexadecimal: 32 digits, or 16 if it came from a
// process whose ids have 64 bits.
func TraceID(t *monkit.Trace) string {
	if t.High() != 0 {
		return t.String()
	}
	return fmt.Sprintf("%016x", uint64(t.Id()))
}

// SpanID is the id of a span in hexadecimal.
func SpanID(id int64) string { return fmt.Sprintf("%016x", uint64(id)) }
