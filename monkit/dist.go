package monkit

import (
	"math"
	"time"
)

// ReservoirSize and Window have no meaning any more: distributions keep
// counts, not samples. They are here for programs that name them.
const ReservoirSize = 64

// Window is as ReservoirSize.
var Window int64 = 1024

// ObservedQuantiles are those that people are shown of a distribution.
var ObservedQuantiles = []float64{0, .1, .25, .5, .75, .9, .95, 1}

// Number is what a distribution can be of.
type Number interface {
	int64 | float64 | time.Duration
}

// Dist is a distribution of values: exact count, sum, extremes and newest
// value since it was made or Reset, and quantiles over the last one to two
// minutes that lie within 1 % of the value at that rank. (Floats 38 decades
// below the greatest are beyond that.) It takes about 80 bytes for each factor
// of two that recent values span, at most 44 KiB a sign and minute. It is not
// safe for concurrent use; IntVal, FloatVal, DurationVal and Timer are.
type Dist[T Number] struct {
	// What every value changes lies together, on few cache lines.
	Recent T     // the newest value; zero while Count is
	Count  int64 // how many values
	Sum    T     // of all values; integers go round, which Stats and FullAverage see through
	recent recent[T]

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

// Insert adds one value. Floats that are not finite are left out: one of
// them would make every later sum worthless.
func (d *Dist[T]) Insert(v T) {
	if d.Count < d.recent.due || d.look(v) {
		d.put(v)
	}
}

// insertAt is Insert for callers that have the time, in ticks, at hand.
func (d *Dist[T]) insertAt(v T, now int64) {
	d.recent.checked = now
	if uint64(now-d.recent.began) >= uint64(windowLength) || d.Count == 0 {
		d.recent.at(now)
	}
	if i, ok := d.recent.cur.place(v); !ok {
		d.put(v)
	} else if d.tally(v, i) {
		d.recent.cur.buckets.pos.carry(int(i), 1)
	}
}

// bitsOf returns the IEEE format of v, which has its bucket.
func bitsOf[T Number](v T) uint64 { return math.Float64bits(float64(v)) }

// look is what comes before a value that is due for it. It reports whether
// the value counts.
func (d *Dist[T]) look(v T) bool {
	if !finite(v) {
		return false
	}
	d.recent.look(d.Count)
	return true
}

// tally counts v, which has the bucket i of the current window, and reports
// whether that must carry. It is inlined, because calls would be most of the
// cost, and so is place.
func (d *Dist[T]) tally(v T, i uint64) (full bool) {
	w := &d.recent.cur
	d.Recent = v
	d.Count++
	d.Sum += v
	w.sum += float64(v)
	w.count++
	w.buckets.pos.lo[i]++
	return w.buckets.pos.lo[i] == 0
}

// put counts v in the current window.
func (d *Dist[T]) put(v T) {
	w := &d.recent.cur
	if !(v >= w.min && v <= w.max) && !d.stretch(v) { // NaN too
		return
	}
	d.Recent = v
	d.Count++
	d.Sum += v
	w.sum += float64(v)
	w.count++
	w.buckets.add(bitsOf(v))
}

// stretch makes room for v at the ends. No window's extremes are beyond
// those of all time. Of floats, it turns away those that are not finite.
func (d *Dist[T]) stretch(v T) bool {
	if !finite(v) {
		return false
	}
	if d.Count == 0 {
		d.Low, d.High = v, v
	}
	d.Low, d.High = min(d.Low, v), max(d.High, v)
	d.recent.cur.stretch(v, v)
	return true
}

func finite[T Number](v T) bool {
	return v-v == 0 // Inf-Inf and NaN-NaN are NaN
}

// FullAverage is the average of all values.
func (d *Dist[T]) FullAverage() T {
	if d.Count == 0 {
		return 0
	}
	if sum, round := d.wentRound(); round {
		return within(sum/float64(d.Count), lowest[T](), highest[T]())
	}
	return d.Sum / T(d.Count)
}

// wentRound returns about the true sum, if Sum is not that because T has not
// the range: 290 years, which ten thousand who run at once have in ten days.
func (d *Dist[T]) wentRound() (sum float64, round bool) {
	sum = d.recent.sum()
	return sum, !isFloat[T]() && math.Abs(sum-float64(d.Sum)) > 1<<62
}

// ReservoirAverage is the average of the recent values.
func (d *Dist[T]) ReservoirAverage() T {
	a, b, _ := d.recent.view(ticks())
	return average(a, b)
}

func average[T Number](a, b *window[T]) T {
	var count int64
	var sum float64
	for _, w := range [...]*window[T]{a, b} {
		if w != nil {
			count += w.count
			sum += w.sum
		}
	}
	if count == 0 {
		return 0
	}
	return within(sum/float64(count), lowest[T](), highest[T]())
}

// Query returns the recent value at quantile q, from 0, the smallest, to 1,
// the largest. While nothing is recent it answers from the last values there
// were.
func (d *Dist[T]) Query(q float64) T {
	a, b, _ := d.recent.view(ticks())
	var out [1]T
	quantiles(a, b, []float64{q}, out[:])
	return out[0]
}

// Copy returns an independent copy.
func (d *Dist[T]) Copy() *Dist[T] {
	c := *d
	c.recent = d.recent.clone()
	return &c
}

func (d *Dist[T]) copyAs(key SeriesKey) *Dist[T] {
	c := d.Copy()
	c.key = key
	return c
}

// Reset forgets all values.
func (d *Dist[T]) Reset() { *d = Dist[T]{key: d.key} }

// drain forgets all values, as Reset does, but keeps the memory for more.
func (d *Dist[T]) drain() {
	if d.Count == 0 {
		return
	}
	d.Low, d.High, d.Recent, d.Count, d.Sum = 0, 0, 0, 0, 0
	d.recent.drain()
}

// Merge adds the values of o, which stays as it is.
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
	d.recent.merge(&o.recent)
}

// Stats tells count, and once there is a value sum, min, max and recent, and
// with values of the last minutes rmin, ravg, r10, r50, r90, r95, r99, r999
// and rmax. Where so many series cost too much, collect.Options.Without leaves
// some of them out.
func (d *Dist[T]) Stats(cb func(key SeriesKey, field string, val float64)) {
	s := d.summary(ticks())
	s.emit(d.key, cb)
}

// summary is the numbers of a Dist at one time, so that they can be told
// when its lock is free again.
type summary struct {
	count                 int64
	fresh                 bool
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
	s.sum, s.min, s.max, s.recent = plain(d.Sum), plain(d.Low), plain(d.High), plain(d.Recent)
	if sum, round := d.wentRound(); round {
		s.sum = sum * unit[T]()
	}
	a, b, fresh := d.recent.view(now)
	d.recent.wary(d.Count)
	if s.fresh = fresh; !fresh {
		return s
	}
	var q [len(quantileFields)]T
	quantiles(a, b, summaryQuantiles, q[:])
	s.ravg = plain(average(a, b))
	for i := range q {
		s.quantiles[i] = plain(q[i])
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

// plain is v as samples carry it: durations in seconds.
func plain[T Number](v T) float64 {
	if d, ok := any(v).(time.Duration); ok {
		return float64(d) / float64(time.Second)
	}
	return float64(v)
}

func lowest[T Number]() T {
	if isFloat[T]() {
		low := -math.MaxFloat64
		return T(low)
	}
	low := int64(math.MinInt64)
	return T(low)
}

func highest[T Number]() T {
	if isFloat[T]() {
		high := math.MaxFloat64
		return T(high)
	}
	high := int64(math.MaxInt64)
	return T(high)
}

func isFloat[T Number]() bool {
	half := 0.5
	return T(half) != 0
}
