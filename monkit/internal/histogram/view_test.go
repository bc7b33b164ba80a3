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
	}{{math.NaN(), 1}, {math.Inf(-1), 1}, {-1, 1}, {.49, 4}, {.5, 5}, {.99, 8}, {2, 9}, {math.Inf(1), 9}} {
		if got := quantile(&s, tt.q, 0); got != tt.want {
			t.Errorf("quantile %v is %d, want %d", tt.q, got, tt.want)
		}
	}
}

// The median of two values is their mean, in monkit/v3 too. The values are those of
// numpy.quantile, whose default is type 7 of Hyndman and Fan.
func TestQuantilesOfFewValuesAreInterpolated(t *testing.T) {
	for _, tt := range []struct {
		name string
		vals []int64
		q    float64
		want int64
	}{
		{"median of two", []int64{10, 20}, .5, 15},
		{"tenth of two", []int64{10, 20}, .1, 11},
		{"fraction of an integer", []int64{10, 15}, .5, 12},
		{"fraction of a negative integer", []int64{-10, -15}, .5, -12},
		{"one value", []int64{7}, .3, 7},
		{"median of three", []int64{10, 20, 30}, .5, 20},
		{"median of four", []int64{10, 20, 30, 40}, .5, 25},
		{"ninth tenth of four", []int64{10, 20, 30, 40}, .9, 37},
		{"between two signs", []int64{-10, 10}, .5, 0},
		{"between zero and one", []int64{0, 100}, .25, 25},
		{"equal values", []int64{1<<62 + 1, 1<<62 + 1, 1<<62 + 1}, .3, 1<<62 + 1},
		{"equal and another one", []int64{5, 5, 5, 105}, .9, 75},
		{"whole range", []int64{math.MinInt64, math.MaxInt64}, .5, 0},
		{"lowest", []int64{10, 20, 30}, 0, 10},
		{"highest", []int64{10, 20, 30}, 1, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var whole, merged, part Sliding[int64]
			for i, v := range tt.vals {
				insert(&whole, v, 0)
				if i%2 == 0 {
					insert(&merged, v, 0)
				} else {
					insert(&part, v, 0)
				}
			}
			merged.Merge(&part)
			for name, s := range map[string]*Sliding[int64]{"whole": &whole, "merged": &merged} {
				if got := quantile(s, tt.q, 0); got != tt.want {
					t.Errorf("%s: quantile %v of %v is %d, want %d", name, tt.q, tt.vals, got, tt.want)
				}
			}
		})
	}
}

func TestQuantilesOfTwoWindowsAreInterpolated(t *testing.T) {
	var s Sliding[float64]
	insert(&s, 20, 0)
	insert(&s, 10, minute)
	if got := quantile(&s, .25, minute); got != 12.5 {
		t.Errorf("quantile 0.25 is %v, want 12.5", got)
	}
	s.Clear()
	insert(&s, math.MaxFloat64, minute)
	insert(&s, -math.MaxFloat64, minute)
	if got := quantile(&s, .5, minute); got != 0 {
		t.Errorf("the median of the lowest and the highest float is %v, want 0", got)
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
