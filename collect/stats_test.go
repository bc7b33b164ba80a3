package collect

import (
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

func TestStatsAreOfThePreviousWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := monkit.NewSeriesKey("m")
		src := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
			time.Sleep(2 * time.Second)
			cb(key, "value", 1)
			cb(key, "total", 2)
			cb(key, "total", 3)
		})
		block := make(chan struct{})
		p := &probe{name: "p"}
		slow := &queueing{probe{name: "slow"}, func() error { <-block; return nil }}
		c := New(src, noSpread, p, slow)
		time.Sleep(49 * time.Second) // walks at 10, 20, 30 and 40 s
		synctest.Wait()
		got := monkit.Collect(c)
		for name, want := range map[string]float64{
			"collect walks":                          4,
			"collect walk_seconds":                   2,
			"collect points":                         2,
			"collect duplicates":                     4,
			"collect panics":                         0,
			"collect ticks_skipped":                  0,
			"collect_reporter,reporter=p batches":    4,
			"collect_reporter,reporter=p points":     8,
			"collect_reporter,reporter=slow batches": 1,
			"collect_reporter,reason=queue_full,reporter=slow dropped_batches": 2, // one was reported, one waits
			"collect_reporter,reason=queue_full,reporter=slow dropped_points":  4,
			"collect_reporter,reason=queue_full,reporter=p dropped_batches":    0,
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s is %v (found: %v), want %v", name, v, ok, want)
			}
		}
		close(block)
		closeNow(t, c)
	})
}
