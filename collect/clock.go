package collect

import "time"

// wallClock returns the time of the wall clock, which may be set at any time: by
// NTP after the boot of a machine without a battery, or after a suspend. No
// duration is a difference of two of its times, except to find out that it was
// set.
type wallClock func() time.Time

// schedule plans ticks: the multiples of an interval on the wall clock.
type schedule struct {
	interval time.Duration
	wall     wallClock
	next     time.Time // the planned tick
	due      time.Time // when it comes, with the monotonic clock
}

func newSchedule(interval time.Duration, wall wallClock) *schedule {
	s := &schedule{interval: interval, wall: wall}
	now := wall()
	s.plan(now.Truncate(interval).Add(interval), now)
	return s
}

func (s *schedule) plan(next, now time.Time) {
	s.next, s.due = next, time.Now().Add(next.Sub(now))
}

// wait returns the time until the planned tick.
func (s *schedule) wait() time.Duration { return time.Until(s.due) }

// tick returns the time of the tick that is due, and how many were missed before
// it, and plans the next one. If the wall clock was set by more than an interval
// since the tick was planned, step is by how much, and the ticks follow the
// clock. After a smaller step their times go on, each later than the one before.
func (s *schedule) tick() (at time.Time, missed int64, step time.Duration) {
	late := max(time.Since(s.due), 0)
	now := s.wall()
	missed = int64(late / s.interval)
	at = s.next.Add(time.Duration(missed) * s.interval)
	if step = now.Sub(s.next.Add(late)); step.Abs() > s.interval {
		at = now.Truncate(s.interval)
	} else {
		step = 0
	}
	next := now.Truncate(s.interval).Add(s.interval)
	if !next.After(at) {
		next = at.Add(s.interval)
	}
	s.plan(next, now)
	return at, missed, step
}

// stamp returns the time of a batch: at, or a nanosecond after the last batch if
// at is not after that. A time that is before the last batch by more than the
// tolerance is kept: the clock was set back, and to wait for it would give all
// batches of hours the same second.
func (w *Walker) stamp(at time.Time) time.Time {
	if back := w.stamped.Sub(at); back >= 0 && back <= w.tolerance {
		at = w.stamped.Add(1)
	}
	w.stamped = at
	return at
}

// logStep counts a step of the wall clock and logs it.
func (c *Collector) logStep(step time.Duration, at time.Time) {
	c.counts.clockSteps.Add(1)
	if more, ok := c.stepLog.allow(); ok {
		c.opts.Logger.Warn("the wall clock was set; the times of batches follow it", "by", step.Round(time.Millisecond),
			"to", at.UTC().Format(time.RFC3339), "more", more)
	}
}
