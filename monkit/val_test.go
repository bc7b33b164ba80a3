package monkit

import (
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestValsAreConcurrent(t *testing.T) {
	v, f, d := NewIntVal(NewSeriesKey("i")), NewFloatVal(NewSeriesKey("f")), NewDurationVal(NewSeriesKey("d"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 1000 {
				v.Observe(int64(i))
				f.Observe(float64(i))
				d.Observe(time.Duration(i))
			}
			v.Quantile(.5)
			f.Stats(func(SeriesKey, string, float64) {})
		})
	}
	wg.Wait()
	if got := Collect(v)["i sum"]; got != 28000 {
		t.Errorf("sum %v", got)
	}
	if f.Quantile(0) != 0 || f.Quantile(1) != 7 || d.Quantile(1) != 7 {
		t.Errorf("from %v to %v", f.Quantile(0), f.Quantile(1))
	}
}

// TestValueIsRecentForOneToTwoMinutes reads every ten seconds, as collectors
// do, for as long as the greatest value is reported.
func TestValueIsRecentForOneToTwoMinutes(t *testing.T) {
	for name, newVal := range map[string]func() *IntVal{
		"one shard":   func() *IntVal { return NewIntVal(NewSeriesKey("v")) },
		"many shards": newShardedVal,
	} {
		for late := time.Duration(0); late < time.Minute; late += 7 * time.Second {
			synctest.Test(t, func(t *testing.T) {
				v := newVal()
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

// TestBurstFromLongAgoIsNotRecent has values come so fast that the clock is
// not read for all of them.
func TestBurstFromLongAgoIsNotRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewIntVal(NewSeriesKey("v"))
		for range 5000 {
			v.Observe(1000)
		}
		time.Sleep(time.Hour)
		if _, ok := Collect(v)["v r50"]; ok {
			t.Error("values from an hour ago are recent")
		}
		v.Observe(1)
		if got := Collect(v)["v r99"]; got != 1 {
			t.Errorf("r99 is %v, want 1", got)
		}
	})
}

// TestValueAfterAReadIsInItsOwnWindow has a read between a burst and a value
// of the next window.
func TestValueAfterAReadIsInItsOwnWindow(t *testing.T) {
	for name, read := range map[string]func(v *IntVal){
		"Stats":    func(v *IntVal) { Collect(v) },
		"Quantile": func(v *IntVal) { v.Quantile(.5) },
	} {
		synctest.Test(t, func(t *testing.T) {
			v := NewIntVal(NewSeriesKey("v"))
			for range 5000 {
				v.Observe(1000)
			}
			read(v)
			time.Sleep(3 * time.Minute)
			v.Observe(1)
			if got := v.Quantile(1); got != 1 {
				t.Errorf("after %s: the highest recent value is %d, want 1", name, got)
			}
		})
	}
}

func TestBoolVal(t *testing.T) {
	v := NewBoolVal(NewSeriesKey("b"))
	for _, val := range []bool{true, true, false, true} {
		v.Observe(val)
	}
	var order string
	v.Stats(func(_ SeriesKey, field string, _ float64) { order += field + " " })
	if want := "disposition false recent true "; order != want {
		t.Errorf("fields %q, want %q", order, want)
	}
	want := map[string]float64{"b disposition": 2, "b false": 1, "b recent": 1, "b true": 3}
	if got := Collect(v); !maps.Equal(got, want) {
		t.Errorf("samples %v, want %v", got, want)
	}
	v.Observe(false)
	if got := Collect(v)["b recent"]; got != 0 {
		t.Errorf("recent is %v after false", got)
	}
}
