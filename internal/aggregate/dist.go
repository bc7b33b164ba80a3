package aggregate

import (
	"math"
	"time"
)

// windowLength is how long a window fills, as in package monkit: recent values are
// those of two windows, the last one to two minutes.
const windowLength = int64(time.Minute)

// dist is the distribution of the samples of one series. It has the fields of
// monkit.FloatVal. Unlike that one it takes weights, and its memory is counted.
type dist struct {
	count, sum       float64 // weighted
	min, max, recent float64
	current, former  window
}

// window is the values of one minute.
type window struct {
	start       int64   // nanoseconds
	n           int64   // how many values
	weight, sum float64 // weighted
	min, max    float64
	buckets     buckets
}

// observe counts a finite v that stands for so many observations, at now. It
// reports false, and does nothing, if a sum would not be finite afterwards: it
// would never be again.
func (d *dist) observe(v, weight float64, now int64, a *account) bool {
	d.moveTo(now)
	if w := &d.current; !(weight > 0) || !finite(d.count+weight) || !finite(d.sum+v*weight) || !finite(w.sum+v*weight) {
		return false
	}
	if d.count == 0 {
		d.min, d.max = v, v
	}
	d.count += weight
	d.sum += v * weight
	d.min, d.max, d.recent = min(d.min, v), max(d.max, v), v
	d.current.observe(v, weight, a)
	return true
}

func (w *window) observe(v, weight float64, a *account) {
	if w.n == 0 {
		w.min, w.max = v, v
	}
	w.n++
	w.weight += weight
	w.sum += v * weight
	w.min, w.max = min(w.min, v), max(w.max, v)
	w.buckets.add(v, a)
}

func finite(v float64) bool { return v-v == 0 }

// moveTo makes the window of now the current one.
func (d *dist) moveTo(now int64) {
	start := now - now%windowLength
	if start == d.current.start {
		return
	}
	d.current, d.former = d.former, d.current
	if d.former.start != start-windowLength {
		d.former.clear()
	}
	d.current.clear()
	d.current.start = start
}

func (w *window) clear() {
	w.buckets.clear()
	*w = window{start: w.start, buckets: w.buckets}
}

// free gives back what the buckets have taken from a.
func (d *dist) free(a *account) {
	d.current.buckets.free(a)
	d.former.buckets.free(a)
}

// taken returns how many bytes the buckets have taken from an account.
func (d *dist) taken() int64 { return d.current.buckets.taken() + d.former.buckets.taken() }

// The quantiles of recent values that are emitted, and their fields.
var (
	quantileFields = [...]string{"r10", "r50", "r90", "r95", "r99", "r999"}
	quantiles      = [...]float64{.1, .5, .9, .95, .99, .999}
)

// emit calls cb with the fields at now. If no value is recent, it frees the memory
// of the buckets and leaves the recent fields out.
func (d *dist) emit(now int64, a *account, cb func(field string, val float64)) {
	d.moveTo(now)
	cb("count", d.count)
	cb("sum", d.sum)
	cb("min", d.min)
	cb("max", d.max)
	if d.current.n+d.former.n == 0 {
		d.free(a)
	} else {
		d.emitRecent(cb)
	}
	cb("recent", d.recent)
}

func (d *dist) emitRecent(cb func(field string, val float64)) {
	q := quantilesOf(&d.current, &d.former)
	cb("rmin", q.min)
	cb("ravg", (d.current.sum+d.former.sum)/(d.current.weight+d.former.weight))
	for i, field := range quantileFields {
		cb(field, q.values[i])
	}
	cb("rmax", q.max)
}

// recentQuantiles are the quantiles of two windows.
type recentQuantiles struct {
	values   [len(quantiles)]float64
	min, max float64
}

// quantilesOf returns the quantiles of a and b, of which one has a value. As in
// package monkit, one between two values is interpolated, and the least and the
// greatest value are exact.
func quantilesOf(a, b *window) (q recentQuantiles) {
	if a.n == 0 {
		a, b = b, a
	}
	q.min, q.max = a.min, a.max
	if b.n > 0 {
		q.min, q.max = min(q.min, b.min), max(q.max, b.max)
	}
	n := a.n + b.n
	var below, above ranked
	var shares [len(quantiles)]float64
	for i, quantile := range quantiles {
		whole, share := math.Modf(quantile * float64(n-1))
		below.ranks[i], shares[i] = int64(whole), share
		above.ranks[i] = min(int64(whole)+1, n-1)
	}
	eachBucket(&a.buckets, &b.buckets, func(passed int64, middle float64) {
		below.pass(passed, middle)
		above.pass(passed, middle)
	})
	for i, share := range shares {
		low, high := below.at(i, n, &q), above.at(i, n, &q)
		q.values[i] = min(max(low*(1-share)+high*share, low), high)
	}
	return q
}

// ranked are the values at some ranks, of which 0 is the least value.
type ranked struct {
	ranks  [len(quantiles)]int64 // ascending
	values [len(quantiles)]float64
	found  int
}

// pass sets the values at the ranks below passed that are not set yet.
func (r *ranked) pass(passed int64, v float64) {
	for ; r.found < len(r.ranks) && r.ranks[r.found] < passed; r.found++ {
		r.values[r.found] = v
	}
}

// at returns the value at the i-th rank of n values.
func (r *ranked) at(i int, n int64, q *recentQuantiles) float64 {
	switch {
	case r.ranks[i] == 0:
		return q.min
	case r.ranks[i] == n-1 || i >= r.found: // counts of buckets end at 4 294 967 295
		return q.max
	}
	return min(max(r.values[i], q.min), q.max)
}

// eachBucket calls cb for the buckets of a and b in the order of their values, with
// how many values there are up to the end of the bucket.
func eachBucket(a, b *buckets, cb func(passed int64, middle float64)) {
	var passed int64
	for i, j := 0, 0; i < len(a.entries) || j < len(b.entries); {
		middle, count := math.Inf(1), int64(0)
		fromA := i < len(a.entries)
		if fromA {
			middle, count = a.at(i)
		}
		if j < len(b.entries) {
			if m, c := b.at(j); !fromA || m < middle {
				middle, count, fromA = m, c, false
			}
		}
		if fromA {
			i++
		} else {
			j++
		}
		passed += count
		cb(passed, middle)
	}
}
