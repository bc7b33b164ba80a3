package tracing

import (
	"testing"

	"monkit.example/monkit"
)

// An id that is taken finds the trace whose id it is, however it is written.
func FuzzTraceID(f *testing.F) {
	for _, seed := range []string{"", "4d", "000000000000004D", "9000000000000004d", "-1", "0x1", "1_0", "fffffffffffffffffffffffffffffffff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseTraceID(text)
		if err != nil {
			return
		}
		trace := monkit.NewTrace128(id.high, int64(id.low))
		if again, err := parseTraceID(TraceID(trace)); err != nil || !id.is(trace) || !again.is(trace) {
			t.Errorf("%q became %x %x, then %x %x, %v", text, id.high, id.low, again.high, again.low, err)
		}
	})
}
