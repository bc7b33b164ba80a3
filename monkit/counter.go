package monkit

import (
	"math"
	"sync/atomic"
)

// Counter is a number that goes up and down, with the highest and lowest value
// it ever had. It is safe for concurrent use and takes no lock.
type Counter struct {
	val atomic.Int64
	key SeriesKey

	_ [16]byte // keeps val and slowMax on two cache lines: 64 bytes apart

	// The counter can only have a new high before it goes down, so what lowers
	// the value updates high, and going up costs one addition. low is above high
	// until the first change.
	high, low atomic.Int64

	// A delta of up to slowMax needs more than an addition: every delta until
	// the first change, and those that lower the value after it. It changes
	// seldom, and is on another cache line than val, which cores may take from
	// each other. It is no atomic.Int64, with which Inc would be too large to be
	// inlined; it is aligned, because low before it is.
	slowMax int64
}

// NewCounter returns a counter with the series key.
func NewCounter(key SeriesKey) *Counter {
	c := &Counter{key: key}
	c.resetExtremes()
	return c
}

func (c *Counter) resetExtremes() {
	atomic.StoreInt64(&c.slowMax, math.MaxInt64)
	c.high.Store(math.MinInt64)
	c.low.Store(math.MaxInt64)
}

// Inc adds delta and returns the new value.
func (c *Counter) Inc(delta int64) (current int64) {
	if delta <= atomic.LoadInt64(&c.slowMax) {
		return c.incSlow(delta)
	}
	return c.val.Add(delta)
}

// Dec subtracts delta and returns the new value.
func (c *Counter) Dec(delta int64) (current int64) { return c.Inc(-delta) }

//go:noinline
func (c *Counter) incSlow(delta int64) (current int64) {
	current = c.val.Add(delta)
	c.updateExtremes(current-delta, current)
	return current
}

// Set sets the value and returns the former one.
func (c *Counter) Set(val int64) (former int64) {
	former = c.val.Swap(val)
	c.updateExtremes(former, val)
	return former
}

// updateExtremes records a change of the value.
func (c *Counter) updateExtremes(from, to int64) {
	if c.low.Load() > c.high.Load() {
		from = to // the first change: from was never set by the user
	}
	raise(&c.high, max(from, to))
	lower(&c.low, to)
	atomic.StoreInt64(&c.slowMax, -1)
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

// Current returns the value.
func (c *Counter) Current() int64 { return c.val.Load() }

// High returns the highest value there was, 0 if the counter never changed.
func (c *Counter) High() int64 {
	_, _, high, _ := c.state()
	return high
}

// Low returns the lowest value there was, 0 if the counter never changed.
func (c *Counter) Low() int64 {
	_, low, _, _ := c.state()
	return low
}

// state returns the value and its extremes. The extremes are valid if the
// counter has changed.
func (c *Counter) state() (val, low, high int64, changed bool) {
	val = c.val.Load()
	low, high = c.low.Load(), c.high.Load()
	switch {
	case low <= high:
		return val, min(low, val), max(high, val), true
	case val != 0: // changed while Reset was running
		return val, val, val, true
	}
	return 0, 0, 0, false
}

// Reset returns the state of the counter and makes it a new one. A concurrent
// change counts either before or after that.
func (c *Counter) Reset() (val, low, high int64) {
	_, low, high, changed := c.state()
	val = c.val.Swap(0)
	c.resetExtremes()
	if changed {
		low, high = min(low, val), max(high, val)
	}
	return val, low, high
}

// Stats emits high and low if the counter has changed, and value.
func (c *Counter) Stats(cb func(key SeriesKey, field string, val float64)) {
	val, low, high, changed := c.state()
	if changed {
		cb(c.key, "high", float64(high))
		cb(c.key, "low", float64(low))
	}
	cb(c.key, "value", float64(val))
}
