package monkit

import (
	"maps"
	"math"
	"sync"
	"testing"
)

func TestCounter(t *testing.T) {
	for _, tt := range []struct {
		name           string
		do             func(c *Counter)
		val, low, high int64
	}{
		{"up", func(c *Counter) { c.Inc(2); c.Inc(3) }, 5, 2, 5},
		{"down", func(c *Counter) { c.Dec(2); c.Dec(3) }, -5, -5, -2},
		{"a peak stays", func(c *Counter) { c.Inc(5); c.Dec(3); c.Inc(1) }, 3, 2, 5},
		{"a dip stays", func(c *Counter) { c.Inc(5); c.Dec(9); c.Inc(1) }, -3, -4, 5},
		{"peaks by Inc of a negative", func(c *Counter) { c.Inc(7); c.Inc(-7) }, 0, 0, 7},
		{"Set is a change", func(c *Counter) { c.Set(4); c.Set(9); c.Set(6) }, 6, 4, 9},
		{"Set to zero first", func(c *Counter) { c.Set(0) }, 0, 0, 0},
		{"extremes", func(c *Counter) { c.Set(math.MaxInt64); c.Set(math.MinInt64) }, math.MinInt64, math.MinInt64, math.MaxInt64},
		{"after Reset as new", func(c *Counter) { c.Inc(9); c.Reset(); c.Inc(1) }, 1, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := NewCounter(NewSeriesKey("c"))
			tt.do(c)
			if c.Current() != tt.val || c.Low() != tt.low || c.High() != tt.high {
				t.Errorf("value %d low %d high %d, want %d %d %d", c.Current(), c.Low(), c.High(), tt.val, tt.low, tt.high)
			}
			want := map[string]float64{"c value": float64(tt.val), "c low": float64(tt.low), "c high": float64(tt.high)}
			if got := Collect(c); !maps.Equal(got, want) {
				t.Errorf("samples %v, want %v", got, want)
			}
			if val, low, high := c.Reset(); val != tt.val || low != tt.low || high != tt.high {
				t.Errorf("Reset returns %d %d %d", val, low, high)
			}
		})
	}
}

// The existing library told NaN, which broke its JSON.
func TestUntouchedCounterHasNoExtremes(t *testing.T) {
	c := NewCounter(NewSeriesKey("c"))
	if got := Collect(c); !maps.Equal(got, map[string]float64{"c value": 0}) {
		t.Errorf("samples %v", got)
	}
	if c.Low() != 0 || c.High() != 0 {
		t.Errorf("low %d high %d", c.Low(), c.High())
	}
	if val, low, high := c.Reset(); val|low|high != 0 {
		t.Errorf("Reset returns %d %d %d", val, low, high)
	}
}

func TestCounterReturns(t *testing.T) {
	c := NewCounter(NewSeriesKey("c"))
	if got := c.Inc(5); got != 5 {
		t.Errorf("Inc returns %d", got)
	}
	if got := c.Dec(2); got != 3 {
		t.Errorf("Dec returns %d", got)
	}
	if got := c.Set(8); got != 3 {
		t.Errorf("Set returns %d", got)
	}
}

// Every goroutine goes up by 3 and back, so that the counter ends where it
// began, and high lies between one's peak and all of them.
func TestCounterIsConcurrent(t *testing.T) {
	const workers, rounds = 8, 1000
	c := NewCounter(NewSeriesKey("c"))
	c.Set(0)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				c.Inc(3)
				c.Dec(3)
			}
		})
	}
	wg.Wait()
	if c.Current() != 0 || c.Low() != 0 || c.High() < 3 || c.High() > 3*workers {
		t.Errorf("value %d low %d high %d", c.Current(), c.Low(), c.High())
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
}
