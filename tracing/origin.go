package tracing

import (
	"fmt"

	"monkit.example/monkit"
)

// Origin is what a trace brought from another process beside its id. Requests
// to further processes pass it on.
type Origin struct {
	// Random reports that the id is random.
	Random bool
	// Debug asks all samplers to export the trace.
	Debug bool
	// State is the tracestate header: data of tracing systems, each in its own
	// form.
	State string
	// Baggage is data that callers passed to the programs they call.
	Baggage map[string]string
}

type originKey struct{}

// SetOrigin sets the origin of t. Call it before the first span of t starts.
func SetOrigin(t *monkit.Trace, o Origin) { t.Set(originKey{}, &o) }

// OriginOf returns the origin of t. A trace without SetOrigin began in this
// process; its id is random if it has 128 bits.
func OriginOf(t *monkit.Trace) Origin {
	if o, ok := t.Get(originKey{}).(*Origin); ok {
		return *o
	}
	return Origin{Random: t.High() != 0}
}

// TraceID returns the id of t in hexadecimal: 32 digits, or 16 if t came from
// a process whose ids have 64 bits.
func TraceID(t *monkit.Trace) string {
	if t.High() != 0 {
		return t.String()
	}
	return fmt.Sprintf("%016x", uint64(t.Id()))
}

// SpanID returns the id of a span in hexadecimal.
func SpanID(id int64) string { return fmt.Sprintf("%016x", uint64(id)) }
