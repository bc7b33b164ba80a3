package monkit

import "time"

// Val keeps the distribution of observed values. It is safe for concurrent
// use. See Dist for what it remembers and what it costs; one that many
// goroutines observe at once has several, which readers see as one.
type Val[T Number] struct {
	lanes lanes[T] // first, to begin with a cache line
	key   SeriesKey
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
func NewIntVal(key SeriesKey) *IntVal { return &IntVal{key: key} }

// NewFloatVal returns a FloatVal with the series key.
func NewFloatVal(key SeriesKey) *FloatVal { return &FloatVal{key: key} }

// NewDurationVal returns a DurationVal with the series key.
func NewDurationVal(key SeriesKey) *DurationVal { return &DurationVal{key: key} }

// Observe adds one value.
func (v *Val[T]) Observe(val T) {
	l := &v.lanes.first
	if v.lanes.many() || !l.mu.TryLock() {
		l = v.lanes.lockAmongMany(stackHash())
	}
	d := &l.dist
	if i, ok := d.sliding.Bucket(val); !ok || d.sliding.Due() {
		d.Insert(val)
	} else if d.addToBucket(val, i) {
		d.sliding.Carry(i)
	}
	l.mu.Unlock()
}

// Quantile returns the recent value at quantile q, from 0, the smallest, to
// 1, the largest.
func (v *Val[T]) Quantile(q float64) T {
	d := v.lanes.lockAll()
	defer v.lanes.unlockAll()
	d.sliding.RequireTick()
	return d.Query(q)
}

func (v *Val[T]) copyDist() *Dist[T] {
	d := v.lanes.lockAll()
	defer v.lanes.unlockAll()
	return d.copyAs(v.key)
}

// Stats tells what Dist.Stats tells.
func (v *Val[T]) Stats(cb func(key SeriesKey, field string, val float64)) {
	now := ticks()
	s := v.lanes.lockAll().summary(now)
	v.lanes.unlockAll()
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
		d := v.lanes.lockAll()
		defer v.lanes.unlockAll()
		d.Buckets(cb)
	})
}
