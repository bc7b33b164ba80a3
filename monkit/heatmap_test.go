package monkit

import (
	"errors"
	"maps"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

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
	i := 0
	d.Buckets(func(low, high float64, count int64) {
		if got := (bucket{low, high, count}); i >= len(want) || got != want[i] {
			t.Errorf("bucket %d is %v", i, got)
		}
		i++
	})
	if i != len(want) {
		t.Errorf("%d buckets, want %d", i, len(want))
	}
}

// TestBucketsHoldAll checks that no value is outside of the bucket it is in.
func TestBucketsHoldAll(t *testing.T) {
	for _, v := range []float64{1e-300, 1e-9, .5, 1, 3, 1e9, 1e300, -1e-9, -1, -7} {
		d := NewFloatDist(NewSeriesKey("d"))
		d.Insert(v)
		d.Buckets(func(low, high float64, count int64) {
			if count != 1 || !(low <= v && v <= high) || high-low > math.Abs(v)*1.01 {
				t.Errorf("%v is in %v to %v", v, low, high)
			}
		})
	}
}

func TestHeatmap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		s := r.ScopeNamed("s")
		v := s.IntVal("size", SeriesTag{"k", "v"})
		s.Chain(v.Heatmap())
		f := s.FuncNamed("F")
		s.Chain(f.Heatmap())
		timer := s.Timer("t")
		s.Chain(timer.Heatmap())

		for range 3 {
			v.Observe(100)
		}
		v.Observe(0)
		for _, err := range []error{nil, errors.New("no")} {
			end := f.Task(nil)
			time.Sleep(time.Second)
			end(&err)
		}
		running := timer.Start()
		time.Sleep(3 * time.Second)
		running.Stop()

		heat := func() map[string]float64 {
			got := Collect(r)
			maps.DeleteFunc(got, func(name string, _ float64) bool { return name[len(name)-6:] != "rcount" })
			return got
		}
		want := map[string]float64{
			"size_buckets,k=v,le=128,scope=s rcount":                  3,
			"size_buckets,k=v,le=0,scope=s rcount":                    1,
			"function_times_buckets,le=1.07374,name=F,scope=s rcount": 2,
			"t_buckets,le=4.29497,scope=s rcount":                     1,
		}
		if got := heat(); !maps.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		time.Sleep(3 * time.Minute) // a range that had values is told on
		for name := range want {
			want[name] = 0
		}
		if got := heat(); !maps.Equal(got, want) {
			t.Errorf("later got  %v\nwant %v", got, want)
		}
	})
}
