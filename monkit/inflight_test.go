package monkit

import (
	"errors"
	"sync"
	"testing"
)

func wantInFlight(t *testing.T, f *FuncStats, current, highwater int64) {
	t.Helper()
	if f.Current() != current || f.Highwater() != highwater {
		t.Errorf("%d runs are in flight, and at most %d were; want %d and %d", f.Current(), f.Highwater(), current, highwater)
	}
}

// A FuncStats may grow at any time: it misses no run then.
func TestInFlightSurvivesGrowth(t *testing.T) {
	for _, growAt := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9} {
		f := NewFuncStats(NewSeriesKey("f"))
		step := 0
		next := func() {
			if step == growAt {
				f.success.grow()
			}
			step++
		}
		var open []func(*error)
		begin := func() { next(); open = append(open, f.Observe()) }
		end := func() { next(); open[len(open)-1](nil); open = open[:len(open)-1] }

		begin()
		begin()
		begin()
		wantInFlight(t, f, 3, 3)
		end()
		end()
		wantInFlight(t, f, 1, 3)
		f.Reset()
		wantInFlight(t, f, 1, 1)
		begin()
		wantInFlight(t, f, 2, 2)
		end()
		end()
		wantInFlight(t, f, 0, 2)
		if f.Success() != 2 {
			t.Errorf("%d successes since Reset, want 2", f.Success())
		}
	}
}

// Goroutines end runs of one function at the same time: with success, an
// error, or a panic. A reader never sees an impossible number.
func TestConcurrentEndsAreCounted(t *testing.T) {
	const goroutines, each = 16, 300
	f := NewFuncStats(NewSeriesKey("f"))
	failed := errors.New("failed")
	run := func(i int) {
		defer func() { recover() }()
		var err error
		defer f.Observe()(&err)
		switch i % 3 {
		case 1:
			err = failed
		case 2:
			panic("panic")
		}
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				run(i)
				if g == 0 && i == each/3 {
					f.success.grow()
				}
				if n := f.Current(); n < 0 || n > goroutines {
					t.Errorf("%d runs are in flight, of %d goroutines", n, goroutines)
				}
			}
		})
	}
	wg.Wait()
	const third = goroutines * each / 3
	if f.Success() != third || f.Panics() != third || f.Errors()["System Error"] != third {
		t.Errorf("%d successes, %d panics, errors %v, want %d each", f.Success(), f.Panics(), f.Errors(), third)
	}
	if f.Current() != 0 || f.Highwater() < 1 || f.Highwater() > goroutines {
		t.Errorf("%d runs are in flight, and at most %d were", f.Current(), f.Highwater())
	}
}
