package monkit

import (
	"math"
	"math/rand"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func within1Percent(got, want float64) bool {
	return math.Abs(got-want) <= 0.01*math.Abs(want)
}

// Quantiles are within 1 % of the interpolated one, for any shape.
func TestQuantilesAreExactTo1Percent(t *testing.T) {
	for _, tt := range []struct {
		name string
		next func(r *rand.Rand) float64
	}{
		{"uniform", func(r *rand.Rand) float64 { return r.Float64() }},
		{"lognormal", func(r *rand.Rand) float64 { return math.Exp(3 * r.NormFloat64()) }},
		{"normal around zero", func(r *rand.Rand) float64 { return r.NormFloat64() }},
		{"negative", func(r *rand.Rand) float64 { return -math.Exp(r.NormFloat64()) }},
		{"twelve decades", func(r *rand.Rand) float64 { return math.Pow(10, 12*r.Float64()-6) }},
		{"constant", func(r *rand.Rand) float64 { return 0.1 }},
		{"mostly zero", func(r *rand.Rand) float64 { return max(0, r.NormFloat64()-1) }},
		{"small integers", func(r *rand.Rand) float64 { return float64(r.Intn(10)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewSource(1))
			d := NewFloatDist(NewSeriesKey("d"))
			vals := make([]float64, 20_001)
			for i := range vals {
				vals[i] = tt.next(r)
				d.Insert(vals[i])
			}
			slices.Sort(vals)
			for _, q := range []float64{0, .001, .1, .25, .5, .75, .9, .99, .999, 1} {
				rank, share := math.Modf(q * float64(len(vals)-1))
				next := vals[min(int(rank)+1, len(vals)-1)]
				want := vals[int(rank)]*(1-share) + next*share
				if got := d.Query(q); !within1Percent(got, want) {
					t.Errorf("quantile %v is %v, want %v", q, got, want)
				}
			}
		})
	}
}

func TestIntQuantilesKeepTheirRange(t *testing.T) {
	for _, tt := range []struct {
		name string
		vals []int64
	}{
		{"highest", []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 - 2}},
		{"lowest", []int64{math.MinInt64, math.MinInt64, math.MinInt64 + 1}},
		{"both ends", []int64{math.MinInt64, 0, math.MaxInt64}},
		{"beyond float32", []int64{1<<24 + 1, 1<<24 + 3}},
		{"beyond float64", []int64{1<<53 + 1, 1<<53 + 3}},
		{"each value below a hundred has a bucket", []int64{97, 98, 99}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewIntDist(NewSeriesKey("d"))
			for _, v := range tt.vals {
				d.Insert(v)
			}
			slices.Sort(tt.vals)
			low, high := tt.vals[0], tt.vals[len(tt.vals)-1]
			if d.Query(0) != low || d.Query(1) != high {
				t.Errorf("quantiles are from %d to %d, want %d to %d", d.Query(0), d.Query(1), low, high)
			}
			for i, want := range tt.vals {
				got := d.Query(float64(i) / float64(len(tt.vals)-1))
				if got < low || got > high || !within1Percent(float64(got), float64(want)) {
					t.Errorf("value %d is %d, want %d", i, got, want)
				}
			}
		})
	}
}

func TestQueryTakesAnyNumber(t *testing.T) {
	d := NewIntDist(NewSeriesKey("d"))
	if got := d.Query(.5); got != 0 {
		t.Errorf("of no values, the median is %d, want 0", got)
	}
	d.Insert(1)
	d.Insert(9)
	for _, tt := range []struct {
		q    float64
		want int64
	}{{math.NaN(), 1}, {math.Inf(-1), 1}, {-1, 1}, {2, 9}, {math.Inf(1), 9}} {
		if got := d.Query(tt.q); got != tt.want {
			t.Errorf("quantile %v is %d, want %d", tt.q, got, tt.want)
		}
	}
}

func TestDistFields(t *testing.T) {
	d := NewDurationDist(NewSeriesKey("d"))
	fields := func() (names []string, vals map[string]float64) {
		vals = make(map[string]float64)
		d.Stats(func(_ SeriesKey, field string, val float64) {
			names = append(names, field)
			vals[field] = val
		})
		return names, vals
	}
	if names, _ := fields(); !slices.Equal(names, []string{"count"}) {
		t.Errorf("empty: %v", names)
	}
	d.Insert(2 * time.Second)
	d.Insert(500 * time.Millisecond)
	names, vals := fields()
	want := []string{"count", "sum", "min", "max", "rmin", "ravg", "r10", "r50", "r90", "r95", "r99", "r999", "rmax", "recent"}
	if !slices.Equal(names, want) {
		t.Errorf("fields %v, want %v", names, want)
	}
	for field, want := range map[string]float64{
		"count": 2, "sum": 2.5, "min": .5, "max": 2, "rmin": .5, "ravg": 1.25, "r10": .65, "r50": 1.25, "r95": 1.925, "rmax": 2, "recent": .5,
	} {
		if vals[field] != want {
			t.Errorf("%s is %v, want %v", field, vals[field], want)
		}
	}
}

func TestDistDropsFloatsThatAreNotFinite(t *testing.T) {
	for name, insert := range map[string]func(d *FloatDist, v float64){
		"Insert":   (*FloatDist).Insert,
		"insertAt": func(d *FloatDist, v float64) { d.insertAt(v, ticks()) },
	} {
		d := NewFloatDist(NewSeriesKey("d"))
		for _, v := range []float64{math.NaN(), 1, math.Inf(1), math.Inf(-1), 3} {
			insert(d, v)
		}
		if d.Count != 2 || d.Sum != 4 || d.High != 3 || d.FullAverage() != 2 {
			t.Errorf("%s: count %d sum %v high %v", name, d.Count, d.Sum, d.High)
		}
	}
}

func TestResetForgetsAllValues(t *testing.T) {
	d := NewIntDist(NewSeriesKey("d"))
	d.Insert(7)
	d.Reset()
	if d.Count != 0 || d.Query(.5) != 0 || d.FullAverage() != 0 || d.ReservoirAverage() != 0 {
		t.Errorf("count %d, quantile %d", d.Count, d.Query(.5))
	}
}

func TestDistCopyIsIndependent(t *testing.T) {
	d := NewFloatDist(NewSeriesKey("d"))
	for range 300 { // more than the low byte of a count holds
		d.Insert(1)
		d.Insert(1.9)
	}
	c := d.Copy()
	for range 2000 {
		c.Insert(1.5) // of the same octave
	}
	if d.Count != 600 || !within1Percent(d.Query(.4), 1) || !within1Percent(d.Query(.6), 1.9) {
		t.Errorf("the original has %d values, and quantiles %v and %v", d.Count, d.Query(.4), d.Query(.6))
	}
	if c.Count != 2600 || !within1Percent(c.Query(.5), 1.5) || !within1Percent(c.Query(.1), 1) {
		t.Errorf("the copy has %d values, and quantiles %v and %v", c.Count, c.Query(.1), c.Query(.5))
	}
}

// The sum of floats is rounded, which is not the same as to wrap around.
func TestSumOfFloatsDoesNotWrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewFloatDist(NewSeriesKey("d"))
		for i := range 10 { // windows add values in another order
			d.Insert(1e40 / float64(i+3))
			time.Sleep(40 * time.Second)
		}
		if got := Collect(d)["d sum"]; got != d.Sum {
			t.Errorf("the sum %v is reported as %v", d.Sum, got)
		}
	})
}

func TestQuantilesCoverTheLastMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewIntDist(NewSeriesKey("d"))
		insert := func(v int64, n int, every time.Duration) {
			for range n {
				d.Insert(v)
				time.Sleep(every)
			}
		}
		insert(1000, 5000, time.Microsecond)
		time.Sleep(50 * time.Second)
		if got := d.Query(.5); got != 1000 {
			t.Errorf("within the minute, the median is %d, want 1000", got)
		}
		insert(1, 121, time.Second)
		if got := d.Query(1); got != 1 {
			t.Errorf("two minutes on, the highest recent value is %d, want 1", got)
		}
		if d.High != 1000 || d.Count != 5121 {
			t.Errorf("high %d and count %d do not cover all values", d.High, d.Count)
		}
		time.Sleep(time.Hour)
		d.Insert(5)
		if got := d.Query(0); got != 5 {
			t.Errorf("an hour on, the lowest recent value is %d, want 5", got)
		}
	})
}

func TestStaleQuantilesAreNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewIntDist(NewSeriesKey("d"))
		d.Insert(3)
		time.Sleep(3 * time.Minute)
		got := Collect(d)
		if _, ok := got["d r50"]; ok || got["d count"] != 1 || got["d max"] != 3 || got["d recent"] != 3 {
			t.Errorf("samples %v", got)
		}
		if d.Query(.5) != 3 {
			t.Errorf("without recent values, the median is %d, want that of the last ones", d.Query(.5))
		}
		d.Insert(4)
		if got := Collect(d)["d rmin"]; got != 4 {
			t.Errorf("rmin is %v", got)
		}
	})
}

// TestEveryWindowExtendsTheRange has a value of a new window be outside of the
// range of all values, and 0, which the memory of the window is full of.
func TestEveryWindowExtendsTheRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewIntDist(NewSeriesKey("d"))
		for range 3 {
			d.Insert(5)
			time.Sleep(time.Minute)
		}
		if d.Insert(0); d.Low != 0 || d.High != 5 {
			t.Errorf("values are from %d to %d, want 0 to 5", d.Low, d.High)
		}
	})
}

func TestDistMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, both := NewIntDist(NewSeriesKey("d")), NewIntDist(NewSeriesKey("d"))
		for range 300 {
			old.Insert(1)
		}
		time.Sleep(time.Minute)
		fresh := NewIntDist(NewSeriesKey("d"))
		for range 700 {
			fresh.Insert(50)
		}
		for _, d := range []*IntDist{NewIntDist(NewSeriesKey("d")), old, fresh} {
			both.Merge(d)
		}
		if both.Count != 1000 || both.Sum != 300+700*50 || both.Low != 1 || both.High != 50 || both.Recent != 50 {
			t.Errorf("count %d sum %d from %d to %d", both.Count, both.Sum, both.Low, both.High)
		}
		if both.Query(.1) != 1 || both.Query(.5) != 50 {
			t.Errorf("quantiles %d %d", both.Query(.1), both.Query(.5))
		}
		other := fresh.Copy()
		other.Merge(old)
		if other.Query(.1) != 1 || other.Query(.5) != 50 || fresh.Count != 700 || old.Count != 300 {
			t.Errorf("merged the other way: %d %d", other.Query(.1), other.Query(.5))
		}
		time.Sleep(time.Minute + time.Second)
		both.Insert(50)
		if both.Query(0) != 50 {
			t.Errorf("two minutes on, merged values are still recent")
		}
	})
}

func TestBuckets(t *testing.T) {
	type bucket struct {
		low, high float64
		count     int64
	}
	d := NewFloatDist(NewSeriesKey("d"))
	for _, v := range []float64{-3, -2, -1.5, 0, 0, 1, 1.99, 2, 1000, 1e30} {
		d.Insert(v)
	}
	want := []bucket{{-4, -2, 2}, {-2, -1, 1}, {0, 0, 2}, {1, 2, 2}, {2, 4, 1}, {512, 1024, 1}, {math.Ldexp(1, 99), math.Ldexp(1, 100), 1}}
	var got []bucket
	d.Buckets(func(low, high float64, count int64) { got = append(got, bucket{low, high, count}) })
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestBucketsOfDurationsAreInSeconds(t *testing.T) {
	d := NewDurationDist(NewSeriesKey("d"))
	d.Insert(3 * time.Second)
	n := 0
	d.Buckets(func(low, high float64, count int64) {
		n++
		if low > 3 || high < 3 || high > 6 || count != 1 {
			t.Errorf("%d values from %v to %v, want 1 value around 3", count, low, high)
		}
	})
	if n != 1 {
		t.Errorf("%d buckets, want 1", n)
	}
}

func TestBucketHoldsItsValue(t *testing.T) {
	for _, v := range []float64{1e-300, 1e-9, .5, 1, 3, 1e9, 1e300, -1e-9, -1, -7} {
		d := NewFloatDist(NewSeriesKey("d"))
		d.Insert(v)
		n := 0
		d.Buckets(func(low, high float64, count int64) {
			n++
			if count != 1 || !(low <= v && v <= high) || high-low > math.Abs(v)*1.01 {
				t.Errorf("%v is in the bucket from %v to %v", v, low, high)
			}
		})
		if n != 1 {
			t.Errorf("%v is in %d buckets", v, n)
		}
	}
}
