package monkit

import (
	"maps"
	"sync"
	"testing"
)

func TestRawVal(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	v := s.RawValk(NewSeriesKey("v").WithTag("a", "1"), Count, Sum)
	if s.RawValk(NewSeriesKey("v").WithTag("a", "1"), Count) != v || s.RawVal("v", SeriesTag{"a", "1"}) != v {
		t.Errorf("one key has two RawVals")
	}
	v.Observe(.5)
	v.Observe(.25)
	s.RawValf("w%d", 1).Observe(7)
	want := map[string]float64{
		"v,a=1,scope=s recent": .25, "v,a=1,scope=s count": 2, "v,a=1,scope=s sum": .75,
		"w1,scope=s recent": 7,
	}
	if got := Collect(r); !maps.Equal(got, want) || v.Get() != .25 {
		t.Errorf("samples %v, want %v", got, want)
	}
}

// monkit/v3 aggregates outside of its lock, and emits inside.
func TestRawValIsConcurrent(t *testing.T) {
	v := NewRawVal(NewSeriesKey("v"), Count, Sum)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				v.Observe(1)
				v.Stats(func(SeriesKey, string, float64) { v.Get() })
			}
		})
	}
	wg.Wait()
	if got := Collect(v)["v sum"]; got != 400 {
		t.Errorf("sum %v", got)
	}
}

func TestRawValSurvivesPanics(t *testing.T) {
	panics := func() (func(float64), func() (string, float64)) {
		return func(float64) { panic("no") }, func() (string, float64) { panic("no") }
	}
	s := NewRegistry().ScopeNamed("s")
	for name, v := range map[string]*RawVal{
		"of a scope": s.RawValk(NewSeriesKey("v"), panics),
		"alone":      NewRawVal(NewSeriesKey("v"), panics, func() (func(float64), func() (string, float64)) { panic("no") }),
	} {
		v.Observe(1)
		if got := Collect(v); len(got) != 1 {
			t.Errorf("%s: samples %v, want only recent", name, got)
		}
	}
	if n := s.health.panics.Load(); n != 2 {
		t.Errorf("%d panics are counted, want 2", n)
	}
}
