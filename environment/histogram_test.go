package environment

import (
	"math"
	"runtime/metrics"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

var bounds = []float64{math.Inf(-1), 0, 1, 2, 4, 8, math.Inf(1)}

func TestDescriptionOfAHistogram(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []uint64
		want description
	}{
		{"no values", make([]uint64, 6), description{}},
		{"one value", []uint64{0, 0, 1, 0, 0, 0}, description{1, 1.5, [...]float64{1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5}}},
		{"buckets with an infinite bound", []uint64{1, 0, 0, 0, 0, 1}, description{2, 8, [...]float64{0, 0, 0, 8, 8, 8, 8, 8}}},
		{"ranks are exact", []uint64{0, 10, 40, 40, 9, 1}, description{
			count: 100, sum: 10*0.5 + 40*1.5 + 40*3 + 9*6 + 8, at: [...]float64{0.5, 0.5, 1.5, 3, 6, 6, 8, 8}}},
		{"many", []uint64{0, 1 << 60, 0, 0, 0, 0}, description{1 << 60, 1 << 59, [...]float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := describe(counts{bounds, tt.in}); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// Values of the last minute are recent, values of two minutes ago are not.
func TestValuesAreRecentForOneToTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &metrics.Float64Histogram{Buckets: bounds, Counts: make([]uint64, 6)}
		var s history
		for _, step := range []struct {
			wait        time.Duration
			bucket      int // gets ten more values
			recent, all uint64
			low         float64 // of the recent values
		}{
			{0, 1, 10, 10, 0.5},
			{30 * time.Second, 2, 20, 20, 0.5},
			{30 * time.Second, 2, 20, 30, 1.5}, // values from before the first walk are recent for one window after it
			{30 * time.Second, 3, 30, 40, 1.5},
			{30 * time.Second, 3, 20, 50, 3},
			{time.Hour, 4, 10, 60, 6},
		} {
			time.Sleep(step.wait)
			h.Counts[step.bucket] += 10
			got := s.add(h)
			if got.recent.count != step.recent || got.all.count != step.all || got.recent.at[0] != step.low {
				t.Errorf("at %v: %d of %d values are recent, the lowest is %v; want %d of %d, and %v", time.Now().UTC(),
					got.recent.count, got.all.count, got.recent.at[0], step.recent, step.all, step.low)
			}
		}
	})
}

func TestHistoryDoesNotChangeTheHistogram(t *testing.T) {
	h := &metrics.Float64Histogram{Buckets: bounds, Counts: []uint64{1, 2, 3, 4, 5, 6}}
	var s history
	s.add(h)
	s.add(h)
	if !slices.Equal(h.Counts, []uint64{1, 2, 3, 4, 5, 6}) {
		t.Errorf("the counts became %v", h.Counts)
	}
}

func TestSummaryEmitsOnlyKnownFields(t *testing.T) {
	full := description{count: 4, sum: 2, at: [...]float64{3, 4, 5, 6, 6.5, 7, 7.5, 8}}
	for _, tt := range []struct {
		name string
		in   summary
		want map[string]float64
	}{
		{"no values", summary{}, map[string]float64{"count": 0}},
		{"no recent values", summary{all: full}, map[string]float64{"count": 4, "sum": 2, "min": 3, "max": 8}},
		{"recent values", summary{all: full, recent: full}, map[string]float64{"count": 4, "sum": 2, "min": 3, "max": 8,
			"rmin": 3, "ravg": 0.5, "r10": 4, "r50": 5, "r90": 6, "r95": 6.5, "r99": 7, "r999": 7.5, "rmax": 8}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]float64{}
			tt.in.emit(gcKey, func(_ monkit.SeriesKey, field string, val float64) { got[field] = val })
			for field, want := range tt.want {
				if val, ok := got[field]; !ok || val != want {
					t.Errorf("%s is %v, %v; want %v", field, val, ok, want)
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}
