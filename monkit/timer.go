package monkit

import (
	"time"
	"unsafe"
)

// Timer is the distribution of how long something takes. It is safe for
// concurrent use.
type Timer struct {
	times DurationVal
}

// NewTimer returns a timer with the series key.
func NewTimer(key SeriesKey) *Timer {
	return &Timer{times: DurationVal{key: key}}
}

// Start begins one measurement.
func (t *Timer) Start() *RunningTimer {
	return &RunningTimer{timer: t, began: ticks()}
}

// Values returns a copy of the distribution.
func (t *Timer) Values() *DurationDist { return t.times.copyDist() }

// Stats emits the fields of DurationDist.Stats.
func (t *Timer) Stats(cb func(key SeriesKey, field string, val float64)) {
	t.times.Stats(cb)
}

// Heatmap returns a source like that of Val.Heatmap.
func (t *Timer) Heatmap() StatSource { return t.times.Heatmap() }

// RunningTimer is one measurement that has begun. It is safe for concurrent
// use.
type RunningTimer struct {
	timer   *Timer
	began   int64 // ticks
	stopped bool  // guarded by the shard that Stop locks
}

// Elapsed returns the time since Start. It goes on after Stop.
func (r *RunningTimer) Elapsed() time.Duration {
	return time.Duration(ticks() - r.began)
}

// Stop returns the time since Start and adds it to the timer. Only the first
// Stop adds it.
func (r *RunningTimer) Stop() time.Duration {
	now := ticks()
	elapsed := time.Duration(now - r.began)
	s := r.timer.times.shards.lockFor(unsafe.Pointer(r)) // the same one in every Stop of r
	if !r.stopped {
		r.stopped = true
		s.dist.insertAt(elapsed, now)
	}
	s.mu.Unlock()
	return elapsed
}
