package monkit

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wide is a Val that has all lanes, as one gets that goroutines fight for.
func wide() *IntVal {
	v := NewIntVal(NewSeriesKey("v"))
	v.lanes.first.mu.Lock()
	v.lanes.widen()
	v.lanes.first.mu.Unlock()
	return v
}

func TestLanesCountEveryValue(t *testing.T) {
	for name, v := range map[string]*IntVal{"narrow": NewIntVal(NewSeriesKey("v")), "wide": wide()} {
		t.Run(name, func(t *testing.T) {
			const goroutines, each = 16, 1000
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range each {
						v.Observe(int64(g*each + i))
						if i%100 == 0 {
							v.Stats(func(SeriesKey, string, float64) {}) // readers gather meanwhile
						}
					}
				})
			}
			wg.Wait()
			const n = goroutines * each
			got := Collect(v)
			for field, want := range map[string]float64{"count": n, "sum": n * (n - 1) / 2, "min": 0, "max": n - 1, "rmin": 0, "rmax": n - 1} {
				if got["v "+field] != want {
					t.Errorf("%s is %v, want %v", field, got["v "+field], want)
				}
			}
			if median := float64(v.Quantile(.5)); math.Abs(median-n/2)/(n/2) > .01 {
				t.Errorf("the median is %v, want about %v", median, n/2)
			}
		})
	}
}

func TestThoseWhoMeetGetLanes(t *testing.T) {
	var l lanes[int64]
	for range manyWaits {
		if l.more.Load() != nil {
			t.Fatalf("there are lanes after %d waits", l.first.waits)
		}
		l.lockAmongMany(7).mu.Unlock() // as who finds the first one taken
	}
	mine := l.lockAmongMany(7)
	if mine == &l.first {
		t.Error("who meets others too often has no lane of his own")
	}
	mine.mu.Unlock()
	if again := l.lockAmongMany(7); again != mine {
		t.Error("the same goroutine comes to another lane")
	}
	mine.mu.Unlock()
}

// TestNewestOfAllLanes has values in two lanes; the last one told is the
// newest, whatever lane it is in.
func TestNewestOfAllLanes(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			v := wide()
			all := *v.lanes.more.Load()
			for i, lane := range order {
				time.Sleep(time.Second)
				all[lane].dist.Insert(int64(i))
			}
			if got := Collect(v)["v recent"]; got != 1 {
				t.Errorf("order %v: recent is %v, want 1", order, got)
			}
		})
	}
}

// TestLanesForgetWithTime has values wait in a lane for longer than they are
// recent.
func TestLanesForgetWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := wide()
		v.Observe(1000)
		time.Sleep(5 * time.Minute)
		v.lanes.first.dist.Insert(1)
		got := Collect(v)
		if got["v count"] != 2 || got["v max"] != 1000 || got["v rmax"] != 1 {
			t.Errorf("samples %v", got)
		}
	})
}

func TestARunningTimerStopsOnce(t *testing.T) {
	for _, widen := range []bool{false, true} {
		timer := NewTimer(NewSeriesKey("t"))
		if widen {
			timer.times.lanes.first.mu.Lock()
			timer.times.lanes.widen()
			timer.times.lanes.first.mu.Unlock()
		}
		for range 200 {
			r := timer.Start()
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { r.Stop() })
			}
			wg.Wait()
		}
		if n := timer.Values().Count; n != 200 {
			t.Errorf("widened %v: %d times, want 200", widen, n)
		}
	}
}
