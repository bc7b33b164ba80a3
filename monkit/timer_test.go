package monkit

import (
	"sync"
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

// TestOnlyTheFirstStopCounts has goroutines stop one measurement, while the
// timer may grow.
func TestOnlyTheFirstStopCounts(t *testing.T) {
	const timers, each = 300, 4
	for name, growEarly := range map[string]bool{"before it stops": true, "while it stops": false} {
		var wg sync.WaitGroup
		for range timers {
			timer := NewTimer(NewSeriesKey("t"))
			if growEarly {
				timer.times.shards.grow()
			}
			running := timer.Start()
			for i := range each {
				wg.Go(func() {
					if i == 0 {
						timer.times.shards.grow()
					}
					running.Stop()
				})
			}
			wg.Wait()
			if n := timer.Values().Count; n != 1 {
				t.Errorf("grown %s: %d values, want 1", name, n)
			}
		}
	}
}
