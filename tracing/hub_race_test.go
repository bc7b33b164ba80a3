package tracing

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"monkit.example/monkit"
)

// starts returns the number of spans of r that a wait sees start.
func starts(t *testing.T, r *monkit.Registry) *atomic.Int64 {
	t.Helper()
	seen := new(atomic.Int64)
	w := newSpanWait(MatchBy(func(*monkit.Span) bool { seen.Add(1); return false }))
	t.Cleanup(joinHub(r, w))
	return seen
}

// TestTraceThatContinuesInTheInstantItEndsIsSeen ends the last span of a trace
// between the announcement of the next one and its start.
func TestTraceThatContinuesInTheInstantItEndsIsSeen(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	trace := monkit.NewTrace(7)
	var end func(*error)
	defer r.ObserveTraces(func(*monkit.Trace) { // after the hub: the newest comes first
		if end != nil {
			end(nil)
		}
	})()
	seen := starts(t, r)
	var first, next context.Context
	end = f.RemoteTrace(&first, 0, trace)
	f.RemoteTrace(&next, 0, trace)(nil)
	if n := seen.Load(); n != 2 {
		t.Errorf("%d spans of 2 were seen", n)
	}
	if n := held(hubs.all[r]); n != 0 {
		t.Errorf("the hub holds %d traces after they ended", n)
	}
}

// endsAnother is an error that ends another span while its own is ending.
type endsAnother struct{ end func(*error) }

func (endsAnother) Error() string { return "odd" }
func (e endsAnother) Name() (string, bool) {
	e.end(nil)
	return "odd", true
}

// TestRunWhoseTraceEndsWithAnotherSpanIsSeenToEnd ends the rest of a trace while a
// run has ended and nothing has been notified of it.
func TestRunWhoseTraceEndsWithAnotherSpanIsSeenToEnd(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	w := newSpanWait(MatchBy(named("f")))
	defer joinHub(r, w)()
	ctx := context.Background()
	end := s.FuncNamed("f").Task(&ctx)
	var err error = endsAnother{s.FuncNamed("below").Task(&ctx)}
	end(&err)
	select {
	case <-w.done:
	default:
		t.Fatal("the end of the run was not seen")
	}
	if got := names(w.result.collected()); !slices.Equal(got, []string{"f", "below"}) {
		t.Errorf("got %v", got)
	}
	if n := held(hubs.all[r]); n != 0 {
		t.Errorf("the hub holds %d traces after they ended", n)
	}
}

// TestTracesThatEndAndContinueAtOnceAreSeen has two goroutines, each with spans of
// the same trace.
func TestTracesThatEndAndContinueAtOnceAreSeen(t *testing.T) {
	const traces, rounds = 200, 30
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	seen := starts(t, r)
	for range traces {
		trace := monkit.NewTrace(7)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				for range rounds {
					var ctx context.Context
					f.RemoteTrace(&ctx, 0, trace)(nil)
				}
			})
		}
		both.Wait()
	}
	if n := seen.Load(); n != 2*traces*rounds {
		t.Errorf("%d starts were seen, want %d", n, 2*traces*rounds)
	}
	if n := held(hubs.all[r]); n != 0 {
		t.Errorf("the hub holds %d traces after they ended", n)
	}
}

// TestSpansThatStartAsTheirTraceEndsLeaveNoCandidate has work that a run started
// and does not wait for. Whatever a wait sees start, it sees end.
func TestSpansThatStartAsTheirTraceEndsLeaveNoCandidate(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	w := newSpanWait(MatchBy(func(*monkit.Span) bool { return true }))
	w.minDuration = time.Hour
	defer joinHub(r, w)()
	for range 5000 {
		ctx := context.Background()
		end := f.Task(&ctx)
		var both sync.WaitGroup
		both.Go(func() { end(nil) })
		both.Go(func() { run(ctx, f, nil, nil) })
		both.Wait()
		if n, traces := running(w), held(hubs.all[r]); n != 0 || traces != 0 {
			t.Fatalf("%d candidates and %d traces are left after all spans ended", n, traces)
		}
	}
}

// TestStartThatReachesACanceledObserverIsSeenToEnd calls the observer of a trace
// that has ended with a span that starts late, as a span does that read the
// observers of its trace before the end.
func TestStartThatReachesACanceledObserverIsSeenToEnd(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	w := newSpanWait(MatchBy(named("late")))
	defer joinHub(r, w)()
	h := hubs.all[r]
	ctx := context.Background()
	end := s.FuncNamed("f").Task(&ctx)
	trace := monkit.SpanFromCtx(ctx).Trace()
	o := h.attached.part(trace).observers[trace]
	end(nil)
	endLate := s.FuncNamed("late").Task(&ctx)
	o.Start(ctx, monkit.SpanFromCtx(ctx))
	endLate(nil)
	select {
	case <-w.done:
	default:
		t.Error("the end of the run was not seen")
	}
	if n := held(h); n != 0 {
		t.Errorf("the hub holds %d traces after they ended", n)
	}
}
