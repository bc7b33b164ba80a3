package monkit

import (
	"math"
	"time"
)

// windowLength is how long a window fills before the next one takes over.
// Quantiles are over the newest two windows: the last one to two minutes.
const windowLength = int64(time.Minute)

// maxUnclocked bounds how many values may follow without a look at the clock,
// which costs more than counting them.
const maxUnclocked = 255

// window is the values of one stretch of time. While it has none, min is
// above max.
type window[T Number] struct {
	count    int64
	sum      float64
	min, max T
	buckets  buckets
}

func (w *window[T]) stretch(low, high T) {
	if w.min > w.max {
		w.min, w.max = low, high
	}
	w.min, w.max = min(w.min, low), max(w.max, high)
}

// place returns the bucket of v, if there is room for v as things are.
func (w *window[T]) place(v T) (i uint64, ok bool) {
	i = bitsOf(v)>>bucketShift - w.buckets.pos.base
	return i, v >= w.min && v <= w.max && i < uint64(len(w.buckets.pos.lo))
}

func (w *window[T]) merge(o *window[T]) {
	if o == nil || o.count == 0 {
		return
	}
	w.stretch(o.min, o.max)
	w.count += o.count
	w.sum += o.sum
	w.buckets.merge(&o.buckets)
}

func (w *window[T]) clear() {
	w.count, w.sum = 0, 0
	w.min, w.max = 1, 0
	w.buckets.clear()
}

func (w *window[T]) clone() *window[T] {
	if w == nil {
		return nil
	}
	c := *w
	c.buckets = w.buckets.clone()
	return &c
}

// recent is the windows of a distribution: the one being filled and the one
// before.
type recent[T Number] struct {
	due     int64 // from how many values on the next one is to look at the clock
	began   int64 // ticks when cur began
	checked int64 // ticks of the last look at the clock
	cur     window[T]
	prev    *window[T] // nil until a first one is over
	stride  int64      // how many values that look let pass; 0 before the first
	gone    float64    // the sum of values that are in no window any more
}

// look reads the clock, for values that come without their time, and lets
// more pass unclocked while they come fast. count is of the values before.
func (r *recent[T]) look(count int64) {
	now := ticks()
	switch gap := now - r.checked; {
	case gap < int64(50*time.Millisecond):
		r.stride = min(2*r.stride, maxUnclocked)
	case gap > int64(time.Second):
		r.stride = 1
	}
	r.stride = max(r.stride, 1)
	r.checked, r.due = now, count+r.stride
	r.at(now)
}

// wary makes the next of count values look at the clock.
func (r *recent[T]) wary(count int64) { r.due, r.stride = count, 1 }

// windowOf is when the window of now begins. Windows of all distributions are
// the same stretches of time, so that those of two become one without loss.
func windowOf(now int64) (began int64) {
	into := now % windowLength
	if into < 0 {
		into += windowLength
	}
	return now - into
}

// at makes cur the window of now. Who read the clock before the window began,
// and comes after, is in it too.
func (r *recent[T]) at(now int64) {
	switch began := windowOf(now); {
	case r.empty():
		r.turn(began)
	case began != r.began && began != r.began-windowLength:
		r.turn(began)
	}
}

// empty reports whether there never was a value.
func (r *recent[T]) empty() bool { return r.cur.count == 0 && r.prev == nil }

// turn begins a new window, reusing the memory of the oldest.
func (r *recent[T]) turn(began int64) {
	if r.empty() {
		r.cur.clear()
		r.began = began
		return
	}
	if r.prev == nil {
		r.prev = new(window[T])
	}
	r.cur, *r.prev = *r.prev, r.cur
	r.forget(&r.cur)
	if began != r.began+windowLength {
		r.forget(r.prev)
	}
	r.began = began
}

func (r *recent[T]) forget(w *window[T]) {
	r.gone += w.sum
	w.clear()
}

// sum is of all values, about.
func (r *recent[T]) sum() float64 {
	sum := r.gone + r.cur.sum
	if r.prev != nil {
		sum += r.prev.sum
	}
	return sum
}

// view returns the windows that are recent at now; the second may be nil. Where
// none has values, it returns the last there were, and false. now may be a
// little before the last value's time.
func (r *recent[T]) view(now int64) (a, b *window[T], fresh bool) {
	age := now - r.began
	switch {
	case age < -windowLength || age >= 2*windowLength:
	case age >= windowLength && r.cur.count > 0:
		return &r.cur, nil, true
	case age < windowLength:
		return &r.cur, r.prev, r.cur.count > 0 || r.prev != nil && r.prev.count > 0
	}
	return &r.cur, r.prev, false
}

func (r *recent[T]) merge(o *recent[T]) {
	if o.empty() {
		return
	}
	if r.empty() || o.began > r.began {
		r.turn(o.began)
	}
	sum := r.sum() + o.sum()
	switch o.began {
	case r.began:
		r.cur.merge(&o.cur)
		r.older(o.prev)
	case r.began - windowLength:
		r.older(&o.cur)
	default: // older than any that are recent
	}
	r.gone += sum - r.sum()
}

func (r *recent[T]) older(w *window[T]) {
	if w == nil || w.count == 0 {
		return
	}
	if r.prev == nil {
		r.prev = new(window[T])
		r.prev.clear()
	}
	r.prev.merge(w)
}

// drain forgets all values and keeps the memory for more.
func (r *recent[T]) drain() {
	r.cur.clear()
	if r.prev != nil {
		r.prev.clear()
	}
	r.wary(0)
	r.gone = 0
}

func (r *recent[T]) clone() recent[T] {
	c := *r
	c.cur = *r.cur.clone()
	c.prev = r.prev.clone()
	return c
}

// quantiles sets out[i] to the value at quantile qs[i] of a and b, which hold
// a value at least. qs ascends.
func quantiles[T Number](a, b *window[T], qs []float64, out []T) {
	var none window[T]
	if b == nil || b.count == 0 {
		b = &none
	}
	if a.count == 0 {
		a, b = b, &none
	}
	low, high := a.min, a.max
	if b.count > 0 {
		low, high = min(low, b.min), max(high, b.max)
	}
	n := a.count + b.count
	var ranks [8]int64
	var found [8]float64
	for i, q := range qs {
		ranks[i] = rank(q, n)
	}
	s := search{ranks: ranks[:len(qs)], out: found[:len(qs)]}
	s.run(&a.buckets, &b.buckets)
	for i := range qs {
		switch ranks[i] {
		case 0:
			out[i] = low
		case n - 1:
			out[i] = high
		default:
			out[i] = within(found[i], low, high)
		}
	}
}

// rank is the index of quantile q among n sorted values.
func rank(q float64, n int64) int64 {
	if !(q > 0) { // NaN too
		return 0
	}
	return min(int64(math.Round(min(q, 1)*float64(n-1))), n-1)
}

// within returns v as a T between low and high. It compares before it
// converts: a float beyond the range of T has no value there.
func within[T Number](v float64, low, high T) T {
	switch {
	case v <= float64(low):
		return low
	case v >= float64(high):
		return high
	}
	return T(v)
}
