package monkit

import (
	"sync/atomic"
	"time"
)

// Val is the distribution of observed values. It is safe for concurrent use.
// See Dist for what it reports and what memory it takes. A Val that many
// goroutines observe at once takes more: up to 64 distributions, which readers
// see as one.
type Val[T Number] struct {
	shards sharded[T] // first, to begin with a cache line
	key    SeriesKey
}

type (
	// IntVal is the distribution of observed integers.
	IntVal = Val[int64]
	// FloatVal is the distribution of observed floats. It drops floats that
	// are not finite.
	FloatVal = Val[float64]
	// DurationVal is the distribution of observed durations. Its Stats are in
	// seconds.
	DurationVal = Val[time.Duration]
)

// NewIntVal returns an IntVal with the series key.
func NewIntVal(key SeriesKey) *IntVal { return &IntVal{key: key} }

// NewFloatVal returns a FloatVal with the series key.
func NewFloatVal(key SeriesKey) *FloatVal { return &FloatVal{key: key} }

// NewDurationVal returns a DurationVal with the series key.
func NewDurationVal(key SeriesKey) *DurationVal { return &DurationVal{key: key} }

// Observe adds one value.
func (v *Val[T]) Observe(val T) {
	s := &v.shards.first
	if v.shards.grown() || !s.mu.TryLock() {
		s = v.shards.lockContended(stackHash())
	}
	d := &s.dist
	if i, ok := d.sliding.Bucket(val); !ok || d.sliding.Due() {
		d.Insert(val)
	} else if d.addToBucket(val, i) {
		d.sliding.Carry(i)
	}
	s.mu.Unlock()
}

// Quantile returns the recent value at quantile q, from 0, the smallest, to
// 1, the largest.
func (v *Val[T]) Quantile(q float64) T {
	d := v.shards.lockMerged()
	defer v.shards.unlockMerged()
	d.sliding.RequireTick()
	return d.Query(q)
}

func (v *Val[T]) copyDist() *Dist[T] {
	d := v.shards.lockMerged()
	defer v.shards.unlockMerged()
	return d.copyAs(v.key)
}

// Stats emits the fields of Dist.Stats.
func (v *Val[T]) Stats(cb func(key SeriesKey, field string, val float64)) {
	now := ticks()
	s := v.shards.lockMerged().summary(now)
	v.shards.unlockMerged()
	s.emit(v.key, cb)
}

// Heatmap returns a source of how the values of the last one to two minutes
// are spread. Its series have the Val's name with _buckets appended, the field
// rcount, and the tag le, which is the upper end of a range that is a factor
// of two wide. A scope reports it once it is chained:
//
//	mon.Chain(mon.IntVal("size").Heatmap())
func (v *Val[T]) Heatmap() StatSource {
	return newHeatmap(v.key, func(cb func(low, high float64, count int64)) {
		d := v.shards.lockMerged()
		defer v.shards.unlockMerged()
		d.Buckets(cb)
	})
}

// BoolVal counts how often something was true and how often false. It is
// safe for concurrent use and takes no lock.
type BoolVal struct {
	key           SeriesKey
	trues, falses atomic.Int64
	newest        atomic.Bool
}

// NewBoolVal returns a BoolVal with the series key.
func NewBoolVal(key SeriesKey) *BoolVal { return &BoolVal{key: key} }

// Observe counts val.
func (v *BoolVal) Observe(val bool) {
	if val {
		v.trues.Add(1)
	} else {
		v.falses.Add(1)
	}
	if v.newest.Load() != val {
		v.newest.Store(val)
	}
}

// Stats emits disposition, which is true minus false, then false, recent (1
// or 0) and true.
func (v *BoolVal) Stats(cb func(key SeriesKey, field string, val float64)) {
	trues, falses, recent := v.trues.Load(), v.falses.Load(), 0.0
	if v.newest.Load() {
		recent = 1
	}
	cb(v.key, "disposition", float64(trues-falses))
	cb(v.key, "false", float64(falses))
	cb(v.key, "recent", recent)
	cb(v.key, "true", float64(trues))
}
