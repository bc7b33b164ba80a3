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
		{"a negative Inc ends a peak", func(c *Counter) { c.Inc(7); c.Inc(-7) }, 0, 0, 7},
		{"Set is a change", func(c *Counter) { c.Set(4); c.Set(9); c.Set(6) }, 6, 4, 9},
		{"Set to zero is a change", func(c *Counter) { c.Set(0) }, 0, 0, 0},
		{"lowest and highest numbers", func(c *Counter) { c.Set(math.MaxInt64); c.Set(math.MinInt64) }, math.MinInt64, math.MinInt64, math.MaxInt64},
		{"Reset forgets extremes", func(c *Counter) { c.Inc(9); c.Reset(); c.Inc(1) }, 1, 1, 1},
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

// monkit/v3 emits NaN, which breaks its JSON.
func TestUnchangedCounterHasNoExtremes(t *testing.T) {
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

func TestCounterMethodsReturnValues(t *testing.T) {
	c := NewCounter(NewSeriesKey("c"))
	if got := c.Inc(5); got != 5 {
		t.Errorf("Inc returns %d, want the new value 5", got)
	}
	if got := c.Dec(2); got != 3 {
		t.Errorf("Dec returns %d, want the new value 3", got)
	}
	if got := c.Set(8); got != 3 {
		t.Errorf("Set returns %d, want the former value 3", got)
	}
}

// Every goroutine goes up by 3 and back, so that the counter ends where it
// began, and high lies between the peak of one goroutine and that of all.
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
