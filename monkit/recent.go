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

// window is the values of one stretch of time. min and max have no meaning
// while count is 0.
type window[T Number] struct {
	count    int64
	sum      float64
	min, max T
	buckets  buckets
}

func (w *window[T]) merge(o *window[T]) {
	if o == nil || o.count == 0 {
		return
	}
	if w.count == 0 {
		w.min, w.max = o.min, o.max
	}
	w.count += o.count
	w.sum += o.sum
	w.min, w.max = min(w.min, o.min), max(w.max, o.max)
	w.buckets.merge(&o.buckets)
}

func (w *window[T]) clear() {
	w.count, w.sum = 0, 0
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
	cur, prev *window[T]
	began     int64 // ticks when cur began
	checked   int64 // ticks of the last look at the clock

	// unclocked values may still come before the next look; allowance is how
	// many that was at the last.
	unclocked, allowance uint8
}

// look reads the clock, for values that come without their time, and allows
// more to pass unclocked while they come fast.
func (r *recent[T]) look() {
	now := ticks()
	switch gap := now - r.checked; {
	case gap < int64(50*time.Millisecond):
		r.allowance = min(r.allowance, maxUnclocked/2)*2 + 1
	case gap > int64(time.Second):
		r.allowance = 0
	}
	r.checked, r.unclocked = now, r.allowance
	r.at(now)
}

// at makes cur the window of now.
func (r *recent[T]) at(now int64) {
	if age := now - r.began; r.cur == nil || age >= windowLength || age < 0 {
		r.turn(now, age)
	}
}

// turn begins a new window, reusing the memory of the oldest.
func (r *recent[T]) turn(now, age int64) {
	if r.cur == nil {
		r.cur, r.began = new(window[T]), now
		return
	}
	r.cur, r.prev = r.prev, r.cur
	if r.cur == nil {
		r.cur = new(window[T])
	}
	r.cur.clear()
	if age >= 2*windowLength || age < 0 {
		r.prev.clear()
		r.began = now
		return
	}
	r.began += windowLength
}

// view returns the windows that are recent at now, either may be nil. Where
// none is, it returns the last there were, and false.
func (r *recent[T]) view(now int64) (a, b *window[T], fresh bool) {
	age := now - r.began
	switch {
	case r.cur == nil || r.cur.count == 0:
		return r.cur, r.prev, false
	case age >= 0 && age < windowLength:
		return r.cur, r.prev, true
	case age >= 0 && age < 2*windowLength, r.unclocked < r.allowance:
		return r.cur, nil, true
	}
	return r.cur, r.prev, false
}

func (r *recent[T]) merge(o *recent[T]) {
	if o.cur == nil {
		return
	}
	if r.cur == nil {
		r.cur, r.prev = new(window[T]), new(window[T])
		r.began = o.began
	}
	switch gap := o.began - r.began; {
	case gap >= windowLength/2: // theirs is one window or more newer
		r.turn(o.began, gap+windowLength/2)
		r.began = o.began
		r.cur.merge(o.cur)
		r.prev.merge(o.prev)
	case gap > -windowLength/2:
		r.cur.merge(o.cur)
		r.older(o.prev)
	default:
		r.older(o.cur)
	}
}

func (r *recent[T]) older(w *window[T]) {
	if r.prev == nil {
		r.prev = new(window[T])
	}
	r.prev.merge(w)
}

func (r *recent[T]) clone() recent[T] {
	c := *r
	c.cur, c.prev = r.cur.clone(), r.prev.clone()
	return c
}

// quantiles sets out[i] to the value at quantile qs[i] of a and b, which hold
// a value at least. qs ascends.
func quantiles[T Number](a, b *window[T], qs []float64, out []T) {
	var none window[T]
	if b == nil || b.count == 0 {
		b = &none
	}
	if a == nil || a.count == 0 {
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
