package monkit

import (
	"math"
	"sync"
	"sync/atomic"
)

// Aggregate returns the two functions of one number that is made of all values:
// observe adds a value, and stat returns the field and the number. RawVal never
// calls them concurrently.
type Aggregate func() (observe func(val float64), stat func() (field string, val float64))

// Count is an Aggregate that counts values.
func Count() (observe func(val float64), stat func() (field string, val float64)) {
	var count int64
	return func(float64) { count++ },
		func() (string, float64) { return "count", float64(count) }
}

// Sum is an Aggregate that adds finite values up.
func Sum() (observe func(val float64), stat func() (field string, val float64)) {
	var sum float64
	return func(val float64) {
			if finite(val) {
				sum += val
			}
		},
		func() (string, float64) { return "sum", sum }
}

// RawVal keeps the last value, and of all values only what its aggregations
// keep: it takes less memory than a FloatVal. It is safe for concurrent use. It
// recovers from a panic of an aggregation and counts it.
type RawVal struct {
	key     SeriesKey
	health  *health       // may be nil
	last    atomic.Uint64 // the bits of a float64
	observe []func(val float64)
	stats   []func() (field string, val float64)

	mu sync.Mutex // held while an aggregation runs: it has no lock of its own
}

// NewRawVal returns a RawVal with the series key.
func NewRawVal(key SeriesKey, aggregations ...Aggregate) *RawVal {
	return newRawVal(nil, key, aggregations)
}

func newRawVal(h *health, key SeriesKey, aggregations []Aggregate) *RawVal {
	v := &RawVal{key: key, health: h}
	for _, aggregate := range aggregations {
		v.runAggregation(func() {
			observe, stat := aggregate()
			v.observe = append(v.observe, observe)
			v.stats = append(v.stats, stat)
		})
	}
	return v
}

// Observe adds one value.
func (v *RawVal) Observe(val float64) {
	v.last.Store(math.Float64bits(val))
	for _, observe := range v.observe {
		v.runAggregation(func() { observe(val) })
	}
}

// Get returns the last value.
func (v *RawVal) Get() float64 { return math.Float64frombits(v.last.Load()) }

// Stats emits recent, and one field for each aggregation.
func (v *RawVal) Stats(cb func(key SeriesKey, field string, val float64)) {
	cb(v.key, "recent", v.Get())
	for _, stat := range v.stats {
		var field string
		var val float64
		if v.runAggregation(func() { field, val = stat() }) {
			cb(v.key, field, val)
		}
	}
}

// runAggregation calls a part of an aggregation and reports whether it returned
// without a panic.
func (v *RawVal) runAggregation(run func()) (ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	defer func() {
		if recover() != nil && v.health != nil {
			v.health.panics.Add(1)
		}
	}()
	run()
	return true
}
