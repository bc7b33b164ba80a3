package monkit

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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

		wantHeat := func(want map[string]float64) {
			t.Helper()
			got := Collect(r)
			maps.DeleteFunc(got, func(name string, _ float64) bool { return !strings.HasSuffix(name, " rcount") })
			if !maps.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		}
		want := map[string]float64{
			"size_buckets,k=v,le=128,scope=s rcount":                  3,
			"size_buckets,k=v,le=0,scope=s rcount":                    1,
			"function_times_buckets,le=1.07374,name=F,scope=s rcount": 2,
			"t_buckets,le=4.29497,scope=s rcount":                     1,
		}
		wantHeat(want)
		wantHeat(want) // reading changes nothing
		time.Sleep(3 * time.Minute)
		for name := range want { // a range that had values stays
			want[name] = 0
		}
		wantHeat(want)
	})
}

func TestHeatmapRangesAreSorted(t *testing.T) {
	v := NewIntVal(NewSeriesKey("v"))
	h := v.Heatmap()
	for _, val := range []int64{5, -5, 0, 100} {
		v.Observe(val)
		Collect(h)
	}
	var order string
	h.Stats(func(key SeriesKey, _ string, _ float64) { order += key.Tags.Get("le") + " " })
	if want := "-4 0 8 128 "; order != want {
		t.Errorf("ranges end at %q, want %q", order, want)
	}
}
