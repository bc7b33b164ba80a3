package monkit

import (
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestFuncStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFuncStats(NewSeriesKey("k").WithTag("t", "v"))
		run := func(took time.Duration, err error, rec any) {
			defer func() { recover() }()
			defer f.Observe()(&err)
			time.Sleep(took)
			if rec != nil {
				panic(rec)
			}
		}
		run(2*time.Second, nil, nil)
		run(4*time.Second, nil, nil)
		run(time.Second, io.EOF, nil)
		run(time.Second, errors.New("x"), nil)
		run(time.Second, errors.New("x"), nil)
		run(7*time.Second, io.EOF, "panic")
		got := Collect(f)
		for name, want := range map[string]float64{
			"k,t=v current":                        0,
			"k,t=v highwater":                      1,
			"k,t=v successes":                      2,
			"k,t=v errors":                         3,
			"k,t=v panics":                         1,
			"k,t=v failures":                       4,
			"k,t=v total":                          6,
			"k,error_name=EOF,t=v count":           1,
			`k,error_name=System\ Error,t=v count`: 2,
			"k_times,kind=success,t=v count":       2,
			"k_times,kind=success,t=v sum":         6,
			"k_times,kind=success,t=v min":         2,
			"k_times,kind=success,t=v rmax":        4,
			"k_times,kind=failure,t=v count":       4,
			"k_times,kind=failure,t=v max":         7,
			"k_times,kind=failure,t=v recent":      7,
		} {
			if val, ok := got[name]; !ok || val != want {
				t.Errorf("%s is %v (%v), want %v", name, val, ok, want)
			}
		}
		if f.Success() != 2 || f.Panics() != 1 || f.Current() != 0 || f.Highwater() != 1 {
			t.Errorf("success %d panics %d", f.Success(), f.Panics())
		}
		if want := map[string]int64{"EOF": 1, "System Error": 2}; !maps.Equal(f.Errors(), want) {
			t.Errorf("errors %v", f.Errors())
		}
		if f.SuccessTimes().Sum != 6*time.Second || f.FailureTimes().High != 7*time.Second {
			t.Errorf("times %v, %v", f.SuccessTimes().Sum, f.FailureTimes().High)
		}
	})
}

func TestFuncStatsOrder(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("k"))
	err := errors.New("x")
	f.Observe()(&err)
	err = io.EOF
	f.Observe()(&err)
	var got []string
	f.Stats(func(key SeriesKey, field string, _ float64) {
		if key.Measurement == "k" {
			got = append(got, key.WithField(field))
		}
	})
	want := []string{
		"k current", "k highwater", "k successes", "k errors", "k panics", "k failures", "k total",
		"k,error_name=EOF count", `k,error_name=System\ Error count`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// monkit/v3 sets current to 0 while runs are in flight.
func TestResetKeepsRunsInFlight(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("k"))
	f.Observe()(nil)
	end := f.Observe()
	f.Observe()(nil)
	f.Reset()
	if f.Current() != 1 || f.Highwater() != 1 || f.Success() != 0 {
		t.Errorf("current %d highwater %d success %d", f.Current(), f.Highwater(), f.Success())
	}
	end(nil)
	if f.Current() != 0 || f.Success() != 1 {
		t.Errorf("current %d success %d", f.Current(), f.Success())
	}
}

func TestObservePanicsAgain(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("k"))
	defer func() {
		if rec := recover(); rec != "mine" || f.Panics() != 1 || len(f.Errors()) != 0 {
			t.Errorf("recovered %v, panics %d", rec, f.Panics())
		}
	}()
	defer f.Observe()(nil)
	panic("mine")
}

func TestFuncStatsAreConcurrent(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("k"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				var err error
				if i%2 == 0 {
					err = io.EOF
				}
				f.Observe()(&err)
				f.Stats(func(SeriesKey, string, float64) {})
			}
		})
	}
	wg.Wait()
	if f.Success() != 800 || f.Errors()["EOF"] != 800 || f.Current() != 0 || f.Highwater() > 8 {
		t.Errorf("success %d errors %v highwater %d", f.Success(), f.Errors(), f.Highwater())
	}
}

// TestLateValueKeepsRecentOnes has a run that ended before a window began be
// counted after one that ended in it.
func TestLateValueKeepsRecentOnes(t *testing.T) {
	const minute = int64(time.Minute)
	border := ticks() / minute * minute
	for name, median := range map[string]float64{"the first window": 3, "a later window": 5} {
		f := NewFuncStats(NewSeriesKey("f"))
		if name == "a later window" {
			f.end(nil, false, 7*time.Second, border-int64(time.Second))
		}
		f.end(nil, false, 5*time.Second, border+1)
		f.end(nil, false, time.Second, border-1)
		if got := f.SuccessTimes().Query(.5); !within1Percent(got.Seconds(), median) {
			t.Errorf("%s: the median is %v, want %vs", name, got, median)
		}
		if got := f.success.first.dist.summary(border - 1); !got.fresh {
			t.Errorf("%s: a walk that read the clock before the window began reports no quantiles", name)
		}
	}
}
