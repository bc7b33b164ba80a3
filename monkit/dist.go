package monkit

import (
	"math"
	"time"

	"monkit.example/monkit/internal/histogram"
)

// ReservoirSize has no effect: distributions keep counts, not samples. It
// exists for programs that name it.
const ReservoirSize = 64

// Window has no effect, like ReservoirSize.
var Window int64 = 1024

// ObservedQuantiles are the quantiles that pages show of a distribution.
var ObservedQuantiles = []float64{0, .1, .25, .5, .75, .9, .95, 1}

// Number is the type of the values of a distribution.
type Number interface {
	int64 | float64 | time.Duration
}

// Dist is a distribution of values. Count, sum, extremes and newest value are
// exact and cover all values since it was made or Reset. Quantiles cover the
// last one to two minutes. They are interpolated between the two values around
// their rank, so that the median of 10 and 20 is 15, and lie within 1 % of that,
// except between two signs and for floats 38 decades below the greatest one.
//
// A Dist takes about 80 bytes for each factor of two that recent values span,
// at most 44 KiB a sign and minute. It is not safe for concurrent use; IntVal,
// FloatVal, DurationVal and Timer are.
type Dist[T Number] struct {
	// What every value changes comes first, on few cache lines.
	Recent  T     // the newest value; zero while Count is
	Count   int64 // how many values
	Sum     T     // of all values; integers wrap around, which Stats and FullAverage correct
	sliding histogram.Sliding[T]

	Low, High T // of all values; zero while Count is
	key       SeriesKey
}

type (
	// IntDist is a distribution of integers.
	IntDist = Dist[int64]
	// FloatDist is a distribution of floats.
	FloatDist = Dist[float64]
	// DurationDist is a distribution of durations. Its Stats are in seconds.
	DurationDist = Dist[time.Duration]
)

// NewIntDist returns an empty distribution with the series key.
func NewIntDist(key SeriesKey) *IntDist { return &IntDist{key: key} }

// NewFloatDist returns an empty distribution with the series key.
func NewFloatDist(key SeriesKey) *FloatDist { return &FloatDist{key: key} }

// NewDurationDist returns an empty distribution with the series key.
func NewDurationDist(key SeriesKey) *DurationDist { return &DurationDist{key: key} }

// Insert adds one value. It drops floats that are not finite: one of them
// would make every later sum useless.
func (d *Dist[T]) Insert(v T) {
	if !finite(v) {
		return
	}
	if d.sliding.Due() {
		d.sliding.Tick(ticks())
	}
	d.add(v)
}

// insertAt is Insert for a caller that has read the clock.
func (d *Dist[T]) insertAt(v T, now int64) {
	d.sliding.Advance(now)
	if i, ok := d.sliding.Bucket(v); !ok {
		if finite(v) {
			d.add(v)
		}
	} else if d.addToBucket(v, i) {
		d.sliding.Carry(i)
	}
}

// add counts any finite v.
func (d *Dist[T]) add(v T) {
	if !d.sliding.InRange(v) {
		d.extendRange(v)
	}
	d.Recent = v
	d.Count++
	d.Sum += v
	d.sliding.Add(v)
}

// extendRange makes v lie in the range of all values and in that of recent
// ones, which is a part of it.
func (d *Dist[T]) extendRange(v T) {
	if d.Count == 0 {
		d.Low, d.High = v, v
	}
	d.Low, d.High = min(d.Low, v), max(d.High, v)
	d.sliding.ExtendRange(v)
}

// addToBucket is add for most values, which it counts without a call: those
// for which sliding.Bucket returns i and true. If it returns true, the caller
// must call sliding.Carry(i).
func (d *Dist[T]) addToBucket(v T, i uint64) (carry bool) {
	d.Recent = v
	d.Count++
	d.Sum += v
	return d.sliding.AddToBucket(v, i)
}

func finite[T Number](v T) bool {
	return v-v == 0 // Inf-Inf and NaN-NaN are NaN
}

// Merge adds the values of o, which it does not change.
func (d *Dist[T]) Merge(o *Dist[T]) {
	if o.Count == 0 {
		return
	}
	if d.Count == 0 {
		d.Low, d.High = o.Low, o.High
	}
	d.Low, d.High = min(d.Low, o.Low), max(d.High, o.High)
	d.Recent = o.Recent
	d.Count += o.Count
	d.Sum += o.Sum
	d.sliding.Merge(&o.sliding)
}

// Reset forgets all values.
func (d *Dist[T]) Reset() { *d = Dist[T]{key: d.key} }

// clear forgets all values like Reset, but keeps the memory for more.
func (d *Dist[T]) clear() {
	if d.Count == 0 {
		return
	}
	d.Low, d.High, d.Recent, d.Count, d.Sum = 0, 0, 0, 0, 0
	d.sliding.Clear()
}

// Copy returns an independent copy.
func (d *Dist[T]) Copy() *Dist[T] { return d.copyAs(d.key) }

func (d *Dist[T]) copyAs(key SeriesKey) *Dist[T] {
	c := *d
	c.key = key
	c.sliding = d.sliding.Clone()
	return &c
}

// FullAverage returns the average of all values.
func (d *Dist[T]) FullAverage() T {
	if d.Count == 0 {
		return 0
	}
	if sum, wrapped := d.wrappedSum(); wrapped {
		return histogram.Saturate[T](sum / float64(d.Count))
	}
	return d.Sum / T(d.Count)
}

// wrappedSum reports whether Sum has wrapped around, and then returns about the
// true sum. A duration wraps after 290 years, which ten thousand concurrent
// runs take ten days for.
func (d *Dist[T]) wrappedSum() (sum float64, wrapped bool) {
	sum = d.sliding.Sum()
	return sum, !histogram.IsFloat[T]() && math.Abs(sum-float64(d.Sum)) > 1<<62
}

// ReservoirAverage returns the average of the recent values.
func (d *Dist[T]) ReservoirAverage() T { return d.sliding.View(ticks()).Average() }

// Query returns the recent value at quantile q, from 0, the smallest, to 1,
// the largest, interpolated between two values. If no value is recent, it uses the last values there were.
func (d *Dist[T]) Query(q float64) T {
	var out [1]T
	d.sliding.View(ticks()).Quantiles([]float64{q}, out[:])
	return out[0]
}

// Buckets calls cb with how many recent values lie in each range that has any,
// from the lowest one up. A range is a factor of two wide: it includes low and
// excludes high, or the other way round for negative values. Zero has a range
// of its own. Durations are in seconds.
func (d *Dist[T]) Buckets(cb func(low, high float64, count int64)) {
	d.sliding.View(ticks()).Octaves(func(low, high float64, count int64) {
		cb(low*unit[T](), high*unit[T](), count)
	})
}

// Stats emits count; if there is a value, sum, min, max and recent; and if one
// of the last minutes, rmin, ravg, r10, r50, r90, r95, r99, r999 and rmax. Where
// so many series cost too much, collect.Options.Without drops some of them.
func (d *Dist[T]) Stats(cb func(key SeriesKey, field string, val float64)) {
	s := d.summary(ticks())
	s.emit(d.key, cb)
}

// summary is the numbers of a Dist at one time. It lets Stats release the lock
// of the Dist before it calls the callback.
type summary struct {
	count                 int64
	fresh                 bool // whether there are recent values
	sum, min, max, recent float64
	ravg                  float64
	quantiles             [len(quantileFields)]float64
}

// quantileFields are the fields of summaryQuantiles.
var quantileFields = [...]string{"rmin", "r10", "r50", "r90", "r95", "r99", "r999", "rmax"}

var summaryQuantiles = []float64{0, .1, .5, .9, .95, .99, .999, 1}

func (d *Dist[T]) summary(now int64) (s summary) {
	s.count = d.Count
	if s.count == 0 {
		return s
	}
	s.sum, s.min, s.max, s.recent = sampleValue(d.Sum), sampleValue(d.Low), sampleValue(d.High), sampleValue(d.Recent)
	if sum, wrapped := d.wrappedSum(); wrapped {
		s.sum = sum * unit[T]()
	}
	d.sliding.RequireTick()
	view := d.sliding.View(now)
	if s.fresh = view.Fresh; !s.fresh {
		return s
	}
	var q [len(quantileFields)]T
	view.Quantiles(summaryQuantiles, q[:])
	s.ravg = sampleValue(view.Average())
	for i := range q {
		s.quantiles[i] = sampleValue(q[i])
	}
	return s
}

func (s *summary) emit(key SeriesKey, cb func(key SeriesKey, field string, val float64)) {
	cb(key, "count", float64(s.count))
	if s.count == 0 {
		return
	}
	cb(key, "sum", s.sum)
	cb(key, "min", s.min)
	cb(key, "max", s.max)
	if s.fresh {
		cb(key, quantileFields[0], s.quantiles[0])
		cb(key, "ravg", s.ravg)
		for i := 1; i < len(quantileFields); i++ {
			cb(key, quantileFields[i], s.quantiles[i])
		}
	}
	cb(key, "recent", s.recent)
}

// sampleValue returns v as samples carry it: durations in seconds.
func sampleValue[T Number](v T) float64 {
	if d, ok := any(v).(time.Duration); ok {
		return float64(d) / float64(time.Second)
	}
	return float64(v)
}

// unit returns what a T is multiplied with in samples.
func unit[T Number]() float64 {
	if _, ok := any(T(0)).(time.Duration); ok {
		return 1 / float64(time.Second)
	}
	return 1
}
