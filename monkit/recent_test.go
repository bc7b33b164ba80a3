package monkit

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestAValueIsRecentForOneToTwoMinutes asks every ten seconds, as collectors
// do, how long the greatest value is told.
func TestAValueIsRecentForOneToTwoMinutes(t *testing.T) {
	narrow := func() *IntVal { return NewIntVal(NewSeriesKey("v")) }
	for name, fresh := range map[string]func() *IntVal{"one lane": narrow, "many lanes": wide} {
		for late := time.Duration(0); late < time.Minute; late += 7 * time.Second {
			synctest.Test(t, func(t *testing.T) {
				v := fresh()
				time.Sleep(late)
				v.Observe(1000)
				var age, recent time.Duration
				for ; Collect(v)["v rmax"] == 1000; age += 10 * time.Second {
					recent = age
					time.Sleep(10 * time.Second)
					v.Observe(1)
				}
				if recent < time.Minute || recent >= 2*time.Minute {
					t.Errorf("%s: a value is recent for %v", name, recent)
				}
			})
		}
	}
}

// TestWhoComesLateTakesNothingAway has a run that ended before a window began
// be counted after one that ended in it.
func TestWhoComesLateTakesNothingAway(t *testing.T) {
	border := ticks() / int64(time.Minute) * int64(time.Minute)
	for name, before := range map[string]bool{"first values": false, "a new window": true} {
		f := NewFuncStats(NewSeriesKey("f"))
		if before {
			f.end(nil, false, 7*time.Second, border-int64(time.Second))
		}
		f.end(nil, false, 5*time.Second, border+1)
		f.end(nil, false, time.Second, border-1)
		if got := f.SuccessTimes().Query(.5); !within1Percent(got.Seconds(), 5) {
			t.Errorf("%s: the median is %v, want 5s", name, got)
		}
		if got := f.success.first.dist.summary(border - 1); !got.fresh {
			t.Errorf("%s: who looked at the clock before the window began sees nothing", name)
		}
	}
}

// TestALongAgoBurstIsNotRecent has values come so fast that the clock was not
// read for all of them.
func TestALongAgoBurstIsNotRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewIntVal(NewSeriesKey("v"))
		for range 5000 {
			v.Observe(1000)
		}
		time.Sleep(time.Hour)
		if _, told := Collect(v)["v r50"]; told {
			t.Error("what was an hour ago is recent")
		}
		v.Observe(1)
		if got := Collect(v)["v r99"]; got != 1 {
			t.Errorf("r99 is %v, want 1", got)
		}
	})
}
