package monkit

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
)

// heatmap is a source of how many recent values lie in each range of a
// distribution. It reports a range that ever had a value ever after; there is
// at most one for each exponent of a float64.
type heatmap struct {
	key     SeriesKey
	buckets func(cb func(low, high float64, count int64)) // as Dist.Buckets, under the lock of the Dist

	mu     sync.Mutex
	ranges []heatmapRange // guarded by mu; sorted by high
}

type heatmapRange struct {
	high  float64 // the upper end
	key   SeriesKey
	count int64
}

// newHeatmap returns a heatmap of the distribution that has key.
func newHeatmap(key SeriesKey, buckets func(cb func(low, high float64, count int64))) *heatmap {
	key.Measurement += "_buckets"
	return &heatmap{key: key, buckets: buckets}
}

// Stats emits rcount for each range of a factor of two that ever had a value,
// with the upper end of the range as the tag le.
func (h *heatmap) Stats(cb func(key SeriesKey, field string, val float64)) {
	for _, r := range h.read() {
		cb(r.key, "rcount", float64(r.count))
	}
}

// read counts the recent values and returns a copy of all ranges, so that no
// lock is held while the callback of Stats runs.
func (h *heatmap) read() []heatmapRange {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.ranges {
		h.ranges[i].count = 0
	}
	h.buckets(h.addLocked)
	return slices.Clone(h.ranges)
}

func (h *heatmap) addLocked(_, high float64, count int64) {
	i, ok := slices.BinarySearchFunc(h.ranges, high, func(r heatmapRange, high float64) int {
		return cmp.Compare(r.high, high)
	})
	if !ok {
		le := strconv.FormatFloat(high, 'g', 6, 64)
		h.ranges = slices.Insert(h.ranges, i, heatmapRange{high: high, key: h.key.WithTag("le", le)})
	}
	h.ranges[i].count += count
}
