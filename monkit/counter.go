package monkit

import (
	"math"
	"sync/atomic"
)

// Counter is a number that goes up and down and remembers how far it went.
// It is safe for concurrent use and takes no lock.
type Counter struct {
	val atomic.Int64
	key SeriesKey

	_ [16]byte // to 64 between val and wary

	// A peak matters only once the value falls from it, so that high is kept
	// up by what lowers the value, and going up costs one addition. low is
	// above high until the first change.
	high, low atomic.Int64

	// A delta up to wary needs more than an addition: every one until the
	// first change, then those that lower the value. It changes seldom, and is
	// on another cache line than val, which cores may fight for. It is next to
	// low, and so aligned, and no atomic.Int64, with which Inc would not be
	// inlined.
	wary int64
}

// NewCounter returns a counter with the series key.
func NewCounter(key SeriesKey) *Counter {
	c := &Counter{key: key}
	c.forget()
	return c
}

func (c *Counter) forget() {
	atomic.StoreInt64(&c.wary, math.MaxInt64)
	c.high.Store(math.MinInt64)
	c.low.Store(math.MaxInt64)
}

// Set sets the value and returns the former one.
func (c *Counter) Set(val int64) (former int64) {
	former = c.val.Swap(val)
	c.moved(former, val)
	return former
}

// Inc adds delta and returns the new value.
func (c *Counter) Inc(delta int64) (current int64) {
	if delta <= atomic.LoadInt64(&c.wary) {
		return c.move(delta)
	}
	return c.val.Add(delta)
}

// Dec subtracts delta and returns the new value.
func (c *Counter) Dec(delta int64) (current int64) { return c.Inc(-delta) }

//go:noinline
func (c *Counter) move(delta int64) (current int64) {
	current = c.val.Add(delta)
	c.moved(current-delta, current)
	return current
}

func (c *Counter) moved(from, to int64) {
	if c.low.Load() > c.high.Load() {
		from = to // what it stood at before was nobody's value
	}
	raise(&c.high, max(from, to))
	lower(&c.low, to)
	atomic.StoreInt64(&c.wary, -1)
}

func raise(a *atomic.Int64, to int64) {
	for old := a.Load(); to > old; old = a.Load() {
		if a.CompareAndSwap(old, to) {
			return
		}
	}
}

func lower(a *atomic.Int64, to int64) {
	for old := a.Load(); to < old; old = a.Load() {
		if a.CompareAndSwap(old, to) {
			return
		}
	}
}

// Current is the value.
func (c *Counter) Current() int64 { return c.val.Load() }

// High is the greatest value there was, 0 if the counter was never changed.
func (c *Counter) High() int64 {
	_, _, high, _ := c.read()
	return high
}

// Low is the smallest value there was, 0 if the counter was never changed.
func (c *Counter) Low() int64 {
	_, low, _, _ := c.read()
	return low
}

func (c *Counter) read() (val, low, high int64, touched bool) {
	val = c.val.Load()
	low, high = c.low.Load(), c.high.Load()
	switch {
	case low <= high:
		return val, min(low, val), max(high, val), true
	case val != 0: // changed while Reset forgot
		return val, val, val, true
	}
	return 0, 0, 0, false
}

// Reset makes the counter as new and returns what it was. Changes made
// meanwhile by others fall on one side or the other.
func (c *Counter) Reset() (val, low, high int64) {
	_, low, high, touched := c.read()
	val = c.val.Swap(0)
	c.forget()
	if touched {
		low, high = min(low, val), max(high, val)
	}
	return val, low, high
}

// Stats tells value, and high and low once the counter was changed.
func (c *Counter) Stats(cb func(key SeriesKey, field string, val float64)) {
	val, low, high, touched := c.read()
	if touched {
		cb(c.key, "high", float64(high))
		cb(c.key, "low", float64(low))
	}
	cb(c.key, "value", float64(val))
}
