package monkit

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timer := NewTimer(NewSeriesKey("t"))
		running := timer.Start()
		time.Sleep(time.Second)
		if got := running.Elapsed(); got != time.Second {
			t.Errorf("elapsed %v, want 1s", got)
		}
		if got := running.Stop(); got != time.Second {
			t.Errorf("Stop returns %v, want 1s", got)
		}
		time.Sleep(time.Second)
		if got := running.Stop(); got != 2*time.Second {
			t.Errorf("the second Stop returns %v, want 2s", got)
		}
		if got := timer.Values(); got.Count != 1 || got.High != time.Second {
			t.Errorf("%d values up to %v", got.Count, got.High)
		}
		if got := Collect(timer); got["t count"] != 1 || got["t r50"] != 1 {
			t.Errorf("samples %v", got)
		}
	})
}

// TestOnlyTheFirstStopCounts has goroutines stop one measurement at the same
// time, while the timer grows.
func TestOnlyTheFirstStopCounts(t *testing.T) {
	for range 1000 {
		timer := NewTimer(NewSeriesKey("t"))
		running := timer.Start()
		var ready atomic.Int32
		var wg sync.WaitGroup
		for _, do := range []func(){
			timer.times.shards.grow,
			func() { running.Stop() },
			func() { running.Stop() },
			func() { running.Stop() },
		} {
			wg.Go(func() {
				for ready.Add(1); ready.Load() < 2; { // two at least run at once
				}
				do()
			})
		}
		wg.Wait()
		if n := timer.Values().Count; n != 1 {
			t.Fatalf("%d values, want 1", n)
		}
	}
}
