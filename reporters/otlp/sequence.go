package otlp

import "monkit.example/reporters"

// sequence is what is known of the points of one counter that were written: as
// OTLP has it, an unbroken sequence of points with one start.
type sequence struct {
	start int64 // Unix nanoseconds, as all times here
	last  int64 // the time of the last point; 0 if there is none
	value float64
}

// next adds a point and returns the start of it, or 0 if that is not known.
// first is the start if p is the first point. A point that is older than the
// last one changes nothing.
func (s *sequence) next(p *reporters.Point, first int64) int64 {
	if p.Kind == reporters.CounterDelta {
		return s.nextDelta(p)
	}
	switch {
	case s.last == 0:
		s.start = first
	case p.Time <= s.last:
		return min(s.start, p.Time)
	case p.Value < s.value:
		s.start = s.last // the counter was reset after its last point
	}
	s.last, s.value = p.Time, p.Value
	s.start = min(s.start, p.Time) // the clock may have been set back
	return s.start
}

// nextDelta is next for a delta, which starts where the one before ended.
func (s *sequence) nextDelta(p *reporters.Point) int64 {
	if p.Time <= s.last {
		return 0
	}
	start := s.last
	s.last = p.Time
	return start
}

// maxSequences bounds the sequences of counters that one listener has received.
const maxSequences = 100_000
