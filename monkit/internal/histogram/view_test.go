package histogram

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestQuantilesTakeAnyNumber(t *testing.T) {
	var s Sliding[int64]
	if got := quantile(&s, .5, 0); got != 0 {
		t.Errorf("of no values, the median is %d, want 0", got)
	}
	insert(&s, 1, 0)
	insert(&s, 9, 0)
	for _, tt := range []struct {
		q    float64
		want int64
	}{{math.NaN(), 1}, {math.Inf(-1), 1}, {-1, 1}, {.49, 1}, {.5, 9}, {2, 9}, {math.Inf(1), 9}} {
		if got := quantile(&s, tt.q, 0); got != tt.want {
			t.Errorf("quantile %v is %d, want %d", tt.q, got, tt.want)
		}
	}
}

func TestOctaves(t *testing.T) {
	var s Sliding[float64]
	for _, v := range []float64{-3, -2, -1.5, 0, 1, 2, 1000} {
		insert(&s, v, 0)
	}
	for _, v := range []float64{-2.5, 0, 1.99, 1e30} {
		insert(&s, v, minute)
	}
	type octave struct {
		low, high float64
		count     int64
	}
	var got []octave
	s.View(minute).Octaves(func(low, high float64, count int64) { got = append(got, octave{low, high, count}) })
	want := []octave{{-4, -2, 3}, {-2, -1, 1}, {0, 0, 2}, {1, 2, 2}, {2, 4, 1}, {512, 1024, 1}, {math.Ldexp(1, 99), math.Ldexp(1, 100), 1}}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	s.View(10 * minute).Octaves(func(float64, float64, int64) { t.Error("values from long ago have octaves") })
}

func TestSaturate(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		want int64
	}{
		{1.9, 1}, {-1.9, -1}, {1e30, math.MaxInt64}, {-1e30, math.MinInt64},
		{math.Inf(1), math.MaxInt64}, {1 << 63, math.MaxInt64}, {-1 << 63, math.MinInt64},
	} {
		if got := Saturate[int64](tt.v); got != tt.want {
			t.Errorf("%v is the integer %d, want %d", tt.v, got, tt.want)
		}
		if got := Saturate[time.Duration](tt.v); got != time.Duration(tt.want) {
			t.Errorf("%v is the duration %d, want %d", tt.v, got, tt.want)
		}
	}
	if got := Saturate[float64](math.Inf(-1)); got != -math.MaxFloat64 {
		t.Errorf("-Inf is the float %v, want the lowest one", got)
	}
	if got := Saturate[float64](.5); got != .5 {
		t.Errorf("0.5 is the float %v", got)
	}
	if IsFloat[int64]() || IsFloat[time.Duration]() || !IsFloat[float64]() {
		t.Error("IsFloat takes integers for floats, or the other way round")
	}
}
