package tracing

import (
	"fmt"

	"monkit.example/monkit"
)

// Origin is what a trace brought from another process, beside its id, and
// takes along to the next one.
type Origin struct {
	// High is the upper half of the id of 128 bits, of which the trace's own
	// is the lower half.
	High uint64
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

// OriginOf returns where t came from. That of a trace which began here is
// zero.
func OriginOf(t *monkit.Trace) Origin {
	if o, ok := t.Get(originKey{}).(*Origin); ok {
		return *o
	}
	return Origin{}
}

// TraceID is the id of t in hexadecimal: 16 digits, or 32 if it has an upper
// half.
func TraceID(t *monkit.Trace) string {
	if high := OriginOf(t).High; high != 0 {
		return fmt.Sprintf("%016x%016x", high, uint64(t.Id()))
	}
	return fmt.Sprintf("%016x", uint64(t.Id()))
}

// SpanID is the id of a span in hexadecimal.
func SpanID(id int64) string { return fmt.Sprintf("%016x", uint64(id)) }
