package tracing

import (
	"context"
	"io"
	"testing"
	"time"
	"unsafe"

	"monkit.example/monkit"
)

// setBack returns t as it would be if the wall clock had been set by that many
// seconds before it was read. The monotonic clock, which t has as well, stays.
func setBack(t *testing.T, at time.Time, seconds int) time.Time {
	t.Helper()
	set := at
	*(*uint64)(unsafe.Pointer(&set)) -= uint64(seconds) << 30 // time.Time has the seconds of the wall clock above 30 bits of nanoseconds
	if set.Sub(at) != 0 || at.Unix()-set.Unix() != int64(seconds) {
		t.Fatalf("%v is not %v, %d s of the wall clock earlier", set, at, seconds)
	}
	return set
}

// gnocchi#307 and chronos#85: an NTP client sets the clock of a board without a
// battery. Until the clock was where it had been, no trace was recent, failed or
// among the slowest of a full list.
func TestTracesAreRetainedAfterTheClockWasSet(t *testing.T) {
	for _, tt := range []struct {
		name    string
		seconds int // that the clock is set back by
	}{{"not set", 0}, {"back by an hour", 3600}, {"ahead by an hour", -3600}} {
		t.Run(tt.name, func(t *testing.T) {
			const perReason = 3
			f := newFuncTraces(monkit.NewRegistry().ScopeNamed("s").FuncNamed("f"))
			o := RecorderOptions{PerReason: perReason}.withDefaults()
			start := time.Now()
			retain := func(after, took time.Duration, back int) Reason {
				ctx := context.Background()
				f.fn.Task(&ctx)(nil)
				s := monkit.SpanFromCtx(ctx)
				end := setBack(t, start.Add(after), back)
				reasons := f.reasons(finishedTrace{root: &FinishedSpan{Span: s, Err: io.EOF, Finish: end}})
				f.addLocked(&retainedTrace{Recorded: Recorded{Start: end.Add(-took), Duration: took}}, reasons, o)
				return reasons
			}
			for i := range perReason { // fast, as Duration says to the list, but slower than what follows
				retain(time.Duration(i)*time.Second, time.Hour, 0)
			}
			if got := retain(4*time.Second, 0, tt.seconds); got != Recent|Failed {
				t.Errorf("a trace after the clock was set is retained as %q, want recent and failed", got)
			}
			if got := retain(4*time.Second+throttleInterval/2, 0, tt.seconds); got != 0 {
				t.Errorf("a trace right after that is retained as %q, want for no reason", got)
			}
			if got := retain(o.Window+3*time.Second, 0, tt.seconds); got != Recent|Failed|Slow {
				t.Errorf("a trace after the window is retained as %q, want for all reasons", got)
			}
		})
	}
}
