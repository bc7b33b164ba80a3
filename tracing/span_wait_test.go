package tracing

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

// running returns how many candidates w has.
func running(w *spanWait) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.candidates {
		if w.candidates[i].root != nil {
			n++
		}
	}
	return n
}

// waiting has n waits that are decided on the functions of r, until the end of tb.
func waiting(tb testing.TB, r *monkit.Registry, n int, q Query, least time.Duration) (all []*spanWait) {
	tb.Helper()
	for range n {
		m, err := q.Compile()
		if err != nil {
			tb.Fatal(err)
		}
		w := newSpanWait(m)
		w.minDuration = least
		if err := w.preselect(context.Background(), r); err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(joinHub(r, w))
		all = append(all, w)
	}
	return all
}

// TestSpansOfOtherTracesDoNotLockAWait holds the lock of a wait while spans of
// other traces start and end: they would stop there. With room for a candidate,
// only a run that becomes one takes it.
func TestSpansOfOtherTracesDoNotLockAWait(t *testing.T) {
	for _, tt := range []struct {
		name  string
		open  int // candidates that run
		least time.Duration
		match string
	}{
		{"no room", maxCandidates, time.Hour, "."},
		{"no room is needed", 1, 0, "."},
		{"another function", 1, time.Hour, "^s.long$"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := monkit.NewRegistry()
			long, f := r.ScopeNamed("s").FuncNamed("long"), r.ScopeNamed("s").FuncNamed("f")
			w := waiting(t, r, 1, Query{Regex: tt.match}, tt.least)[0]
			for range tt.open {
				defer long.Task(nil)(nil)
			}
			ran := make(chan struct{})
			w.mu.Lock()
			go func() {
				defer close(ran)
				run(context.Background(), f, nil, func(ctx context.Context) { run(ctx, f, nil, nil) })
			}()
			select {
			case <-ran:
			case <-time.After(10 * time.Second):
				t.Error("a span of another trace takes the lock of the wait")
			}
			w.mu.Unlock()
			<-ran
			if n := running(w); n != tt.open {
				t.Errorf("%d candidates run, want %d", n, tt.open)
			}
		})
	}
}

// TestSpansAllocateNothingForWaits compares the calls of a program in which 16
// waits have candidates with those of a program in which one wait has none.
func TestSpansAllocateNothingForWaits(t *testing.T) {
	allocs := func(waits, open int, least time.Duration) float64 {
		r := monkit.NewRegistry()
		f := r.ScopeNamed("s").FuncNamed("f")
		waiting(t, r, 1, Query{Regex: "never"}, 0)
		waiting(t, r, waits, Query{Regex: "."}, least)
		for range open {
			defer f.Task(nil)(nil)
		}
		return testing.AllocsPerRun(100, func() { f.Task(nil)(nil) })
	}
	want := allocs(0, 0, 0)
	for _, open := range []int{0, 1, maxCandidates} {
		if got := allocs(16, open, time.Hour); got != want {
			t.Errorf("a call allocates %v times while 16 waits have %d candidates, want %v", got, open, want)
		}
	}
}

// TestPlacesOfCandidatesAreUsedAgain has runs that end in another order than they
// begin: what is found first began first.
func TestPlacesOfCandidatesAreUsedAgain(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	w := newSpanWait(compiled(t, Query{Regex: "^s.(first|second)$"}))
	w.minDuration = -1
	defer joinHub(r, w)()
	endNo := s.FuncNamed("no").Task(nil)
	endFirst := s.FuncNamed("first").Task(nil)
	w.decide(<-w.undecided) // its place becomes free
	endSecond := s.FuncNamed("second").Task(nil)
	endSecond(nil)
	endFirst(nil)
	endNo(nil)
	if second := w.candidates[0].root; second == nil || second.Func().ShortName() != "second" {
		t.Fatal("the second run is not in the place that is free")
	}
	w.decide(s.FuncNamed("second"))
	<-w.done
	if got := names(w.result.collected()); len(got) != 1 || got[0] != "second" {
		t.Errorf("got %v", got)
	}
	w.result = nil
	if c := func() *candidate {
		w.mu.Lock()
		defer w.mu.Unlock()
		for i := range w.candidates {
			w.candidates[i].verdict = yes
		}
		return w.settleLocked()
	}(); c == nil || c.root.Func().ShortName() != "first" {
		t.Errorf("the first of two that match is not found: %+v", c)
	}
}

// BenchmarkRootCallWhileOthersWait is the cost that waits add to a call: at most
// 2 µs with 16 of them, whatever they have seen.
func BenchmarkRootCallWhileOthersWait(b *testing.B) {
	for _, bb := range []struct {
		name        string
		waits, open int
		regex       string
	}{
		{"none", 0, 0, "never"},
		{"one", 1, 0, "never"},
		{"16", 16, 0, "never"},
		{"16 that the call is a candidate of", 16, 0, "."},
		{"16 that also have other candidates", 16, maxCandidates - 1, "."},
		{"16 that have no room", 16, maxCandidates, "."},
	} {
		b.Run(fmt.Sprint(bb.name), func(b *testing.B) {
			r := monkit.NewRegistry()
			f := r.ScopeNamed("s").FuncNamed("f")
			waiting(b, r, bb.waits, Query{Regex: bb.regex}, time.Hour)
			for range bb.open {
				defer f.Task(nil)(nil)
			}
			b.ReportAllocs()
			for b.Loop() {
				f.Task(nil)(nil)
			}
		})
	}
}

// TestPanicOfACallbackEndsTheWait has both goroutines that may call found.
func TestPanicOfACallbackEndsTheWait(t *testing.T) {
	for _, tt := range []struct {
		name      string
		known     bool
		recovered any // what Find panics with
	}{
		{"known function", true, nil},
		{"new function", false, "odd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := monkit.NewRegistry()
				s := r.ScopeNamed("s")
				if tt.known {
					s.FuncNamed("f")
				}
				calls := 0
				done := make(chan any, 1)
				go func() {
					defer func() { done <- recover() }()
					err := compiled(t, Query{Regex: "f"}).Find(t.Context(), r, func(*monkit.Span) {
						calls++
						panic("odd")
					})
					if err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()
				for range 3 {
					run(context.Background(), s.FuncNamed("f"), nil, func(context.Context) { synctest.Wait() })
				}
				select {
				case got := <-done:
					if got != tt.recovered || calls != 1 || len(hubs.all) != 0 {
						t.Errorf("Find panicked with %v after %d calls, and %d hubs are left", got, calls, len(hubs.all))
					}
				case <-time.After(time.Minute):
					t.Fatal("Find waits, although its callback was called")
				}
			})
		})
	}
}
