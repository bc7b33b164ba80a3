package monkit

import (
	"math"
	"sync"
	"sync/atomic"
)

// Aggregate returns the two ends of one number made of all values: observe
// takes a value in, stat tells the field and the number. RawVal never calls
// them at once.
type Aggregate func() (observe func(val float64), stat func() (field string, val float64))

// Count is an Aggregate that counts values.
func Count() (observe func(val float64), stat func() (field string, val float64)) {
	var count int64
	return func(float64) { count++ },
		func() (string, float64) { return "count", float64(count) }
}

// Sum is an Aggregate that adds values up, but for those that are not finite.
func Sum() (observe func(val float64), stat func() (field string, val float64)) {
	var sum float64
	return func(val float64) {
			if finite(val) {
				sum += val
			}
		},
		func() (string, float64) { return "sum", sum }
}

// RawVal keeps the last value and what aggregations make of all, which is
// less than a FloatVal. It is safe for concurrent use. A panic of an
// aggregation is counted, and goes no further.
type RawVal struct {
	key    SeriesKey
	health *health // may be nil
	recent atomic.Uint64

	mu      sync.Mutex // held while an aggregation runs: it has no lock of its own
	observe []func(val float64)
	stats   []func() (field string, val float64)
}

// NewRawVal returns a RawVal with the series key.
func NewRawVal(key SeriesKey, aggregations ...Aggregate) *RawVal {
	return newRawVal(nil, key, aggregations)
}

func newRawVal(h *health, key SeriesKey, aggregations []Aggregate) *RawVal {
	v := &RawVal{key: key, health: h}
	for _, aggregate := range aggregations {
		v.guard(func() {
			observe, stat := aggregate()
			v.observe = append(v.observe, observe)
			v.stats = append(v.stats, stat)
		})
	}
	return v
}

// Observe takes val in.
func (v *RawVal) Observe(val float64) {
	v.recent.Store(math.Float64bits(val))
	for _, observe := range v.observe {
		v.guard(func() { observe(val) })
	}
}

// Get returns the last value.
func (v *RawVal) Get() float64 { return math.Float64frombits(v.recent.Load()) }

// Stats tells recent and what the aggregations tell.
func (v *RawVal) Stats(cb func(key SeriesKey, field string, val float64)) {
	cb(v.key, "recent", v.Get())
	for _, stat := range v.stats {
		var field string
		var val float64
		if v.guard(func() { field, val = stat() }) {
			cb(v.key, field, val)
		}
	}
}

// guard runs part of an aggregation and reports whether it came through.
func (v *RawVal) guard(run func()) (ok bool) {
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

var rawVals = kind[*RawVal]{name: "raw", make: func(s *Scope, key SeriesKey) *RawVal {
	return newRawVal(&s.health, key, nil)
}}

// RawVal returns the RawVal called name, without aggregations.
func (s *Scope) RawVal(name string, tags ...SeriesTag) *RawVal {
	return lookup(s, &rawVals, name, tags)
}

// RawValk returns the RawVal with the series key. Aggregations count for the
// first call only.
func (s *Scope) RawValk(key SeriesKey, aggregations ...Aggregate) *RawVal {
	name, tags := key.Measurement, key.Tags.list()
	if v, ok := find[*RawVal](&s.index, rawVals.fn, name, tags); ok {
		return v
	}
	v := newRawVal(&s.health, key, aggregations) // runs user code: outside the lock
	return lookup(s, &kind[*RawVal]{name: rawVals.name, make: func(_ *Scope, key SeriesKey) *RawVal {
		v.key = key
		return v
	}}, name, tags)
}
