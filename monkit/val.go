package monkit

import (
	"math"
	"sync"
	"time"
)

// Val keeps the distribution of observed values. It is safe for concurrent
// use. See Dist for what it remembers and what it costs.
type Val[T Number] struct {
	mu   sync.Mutex
	dist Dist[T] // guarded by mu
}

type (
	// IntVal is the distribution of observed integers.
	IntVal = Val[int64]
	// FloatVal is the distribution of observed floats. Those that are not
	// finite are left out.
	FloatVal = Val[float64]
	// DurationVal is the distribution of observed durations. Its Stats are in
	// seconds.
	DurationVal = Val[time.Duration]
)

// NewIntVal returns an IntVal with the series key.
func NewIntVal(key SeriesKey) *IntVal { return newVal[int64](key) }

// NewFloatVal returns a FloatVal with the series key.
func NewFloatVal(key SeriesKey) *FloatVal { return newVal[float64](key) }

// NewDurationVal returns a DurationVal with the series key.
func NewDurationVal(key SeriesKey) *DurationVal { return newVal[time.Duration](key) }

func newVal[T Number](key SeriesKey) *Val[T] {
	return &Val[T]{dist: Dist[T]{key: key}}
}

// Observe adds one value.
func (v *Val[T]) Observe(val T) {
	bits := bitsOf(val)
	v.mu.Lock()
	d := &v.dist
	w := &d.recent.cur
	s := &w.buckets.pos
	i := bits>>bucketShift - s.base
	if d.Count >= d.recent.due || i >= uint64(len(s.lo)) || !(val >= w.min && val <= w.max) {
		d.Insert(val)
		v.mu.Unlock()
		return
	}
	d.Recent = val
	d.Count++
	d.Sum += val
	w.sum += math.Float64frombits(bits)
	w.count++
	if s.lo[i]++; s.lo[i] == 0 {
		s.carry(int(i), 1)
	}
	v.mu.Unlock()
}

// observeAt is Observe for callers that have the time, in ticks, at hand.
func (v *Val[T]) observeAt(val T, now int64) {
	v.mu.Lock()
	v.dist.insertAt(val, now)
	v.mu.Unlock()
}

// Quantile returns the recent value at quantile q, from 0, the smallest, to
// 1, the largest.
func (v *Val[T]) Quantile(q float64) T {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.dist.Query(q)
}

func (v *Val[T]) copyDist() *Dist[T] {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.dist.Copy()
}

// Stats tells what Dist.Stats tells.
func (v *Val[T]) Stats(cb func(key SeriesKey, field string, val float64)) {
	now := ticks()
	v.mu.Lock()
	s := v.dist.summary(now)
	v.mu.Unlock()
	s.emit(v.dist.key, cb)
}
