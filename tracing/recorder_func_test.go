package tracing

import (
	"context"
	"io"
	"testing"
	"time"

	"monkit.example/monkit"
)

// traceAt returns a retained trace that ended at that many seconds, and took so
// many.
func traceAt(end, took int) *retainedTrace {
	return &retainedTrace{Recorded: Recorded{
		Start:    time.Unix(int64(end-took), 0),
		Duration: time.Duration(took) * time.Second,
	}}
}

func TestThrottleAdmitsOneTraceInTenMilliseconds(t *testing.T) {
	var throttle throttle
	now := time.Unix(1, 0)
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{
		{0, true}, {0, false}, {10*time.Millisecond - 1, false}, {10 * time.Millisecond, true}, {20*time.Millisecond - 1, false}, {time.Hour, true},
	} {
		if got := throttle.admit(now.Add(tt.after).UnixNano()); got != tt.want {
			t.Errorf("after %s: admitted: %v, want %v", tt.after, got, tt.want)
		}
	}
}

func TestSlowThresholdAdmitsSlowTraces(t *testing.T) {
	const window = 60
	o := RecorderOptions{PerReason: 2, Window: window * time.Second}
	for _, tt := range []struct {
		name      string
		slow      []*retainedTrace
		now, took int // seconds
		want      bool
	}{
		{"room for one", []*retainedTrace{traceAt(100, 5)}, 101, 1, true},
		{"faster than all", []*retainedTrace{traceAt(100, 5), traceAt(101, 7)}, 102, 4, false},
		{"as fast as the fastest", []*retainedTrace{traceAt(100, 5), traceAt(101, 7)}, 102, 5, false},
		{"slower than the fastest", []*retainedTrace{traceAt(100, 7), traceAt(101, 5)}, 102, 6, true},
		{"fast, at the end of the window", []*retainedTrace{traceAt(101, 7), traceAt(100, 5)}, 100 + window, 1, false},
		{"fast, after the window", []*retainedTrace{traceAt(101, 7), traceAt(100, 5)}, 101 + window, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s slowThreshold
			s.set([]*retainedTrace{traceAt(100, 1), traceAt(100, 1)}, o)
			s.set(tt.slow, o)
			if got := s.admit(time.Unix(int64(tt.now), 0).UnixNano(), time.Duration(tt.took)*time.Second); got != tt.want {
				t.Errorf("admitted: %v, want %v", got, tt.want)
			}
		})
	}
}

// A duration of a nanosecond more is slower.
func TestSlowThresholdIsExact(t *testing.T) {
	var s slowThreshold
	s.set([]*retainedTrace{traceAt(100, 5)}, RecorderOptions{PerReason: 1, Window: time.Hour})
	if now := time.Unix(100, 0).UnixNano(); s.admit(now, 5*time.Second) || !s.admit(now, 5*time.Second+1) {
		t.Error("want only what takes longer")
	}
}

func TestLeastSlowIsTheFastestOfTheOldOnes(t *testing.T) {
	o := RecorderOptions{Window: time.Minute}
	for _, tt := range []struct {
		name string
		slow []*retainedTrace
		want int // index
	}{
		{"none is old", []*retainedTrace{traceAt(100, 3), traceAt(101, 1), traceAt(102, 2)}, 1},
		{"old but slow", []*retainedTrace{traceAt(100, 1), traceAt(1, 9), traceAt(101, 2)}, 1},
		{"two are old", []*retainedTrace{traceAt(1, 9), traceAt(100, 1), traceAt(2, 8)}, 2},
		{"two are old, the first is faster", []*retainedTrace{traceAt(1, 8), traceAt(100, 1), traceAt(2, 9)}, 0},
		{"ended exactly a window ago", []*retainedTrace{traceAt(60, 9), traceAt(100, 1)}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := leastSlow(tt.slow, time.Unix(120, 0), o); got != tt.slow[tt.want] {
				t.Errorf("the least slow ended at %s and took %s", got.end(), got.Duration)
			}
		})
	}
}

// The thresholds must let a function that retains enough slow traces decide
// without a lock, and let it retain slow traces again after an eviction.
func TestSlowTraceIsAdmittedAgainAfterAnEviction(t *testing.T) {
	o := RecorderOptions{PerReason: 1, Window: time.Hour}
	f := newFuncTraces(monkit.NewRegistry().ScopeNamed("s").FuncNamed("f"))
	slow := traceAt(100, 5)
	f.addLocked(slow, Slow, o)
	now := time.Unix(101, 0).UnixNano()
	if f.slow.admit(now, time.Second) {
		t.Error("a faster trace is admitted")
	}
	if f.removeLocked(slow, o); !f.slow.admit(now, time.Second) || !f.emptyLocked() {
		t.Error("no trace is admitted after the slow one was evicted")
	}
}

func TestReasonsDependOnTheOutcomeAndDuration(t *testing.T) {
	fn := monkit.NewRegistry().ScopeNamed("s").FuncNamed("f")
	for _, tt := range []struct {
		name     string
		err      error
		panicked bool
		took     time.Duration
		want     Reason
	}{
		{"success", nil, false, 2 * time.Second, Recent | Slow},
		{"error", io.EOF, false, 2 * time.Second, Recent | Failed | Slow},
		{"panic", nil, true, 2 * time.Second, Recent | Failed | Slow},
		{"fast", nil, false, time.Second, Recent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFuncTraces(fn)
			f.slow.set([]*retainedTrace{traceAt(int(time.Now().Unix()), 1)}, RecorderOptions{PerReason: 1, Window: time.Hour})
			ctx := context.Background()
			fn.Task(&ctx)(nil)
			s := monkit.SpanFromCtx(ctx)
			got := f.reasons(finishedTrace{root: &FinishedSpan{Span: s, Err: tt.err, Panicked: tt.panicked, Finish: s.Start().Add(tt.took)}})
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
