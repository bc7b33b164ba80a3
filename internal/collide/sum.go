package collide

import (
	"maps"
	"math"
	"slices"

	"monkit.example/internal/serieskey"
	"monkit.example/reporters"
)

// An Outcome says what becomes of a point.
type Outcome uint8

const (
	// Write means that the point has its name alone.
	Write Outcome = iota
	// Refuse means that another series or field has the name.
	Refuse
	// Share means that other counters have the name and that the values are added up:
	// an encoder of a format with totals calls Add instead of writing the point; one
	// of a format with deltas writes it.
	Share
)

// sum is the sum of the counters that have one name. It grows by what they grow, so
// that it never falls: what a counter had counted before it restarted, or was deleted,
// stays in it.
type sum struct {
	text  []byte           // the name as it is written
	total float64          // of deltas, since the sum was taken
	last  map[uint64]*part // by the hash of the series and the field
	kind  reporters.Kind
	time  int64 // of the newest point
	taken bool  // since the newest point
}

// part is the last value of one counter.
type part struct {
	value float64
	at    int64
}

// isAdded reports whether values of the kind of p are added up. The sum of a
// distribution is, since its count is a counter.
func (n *Names) isAdded(p *reporters.Point) bool {
	return p.Kind == reporters.Counter || p.Kind == reporters.CounterDelta || n.sums && isSum(p)
}

func isSum(p *reporters.Point) bool { return p.Kind == reporters.Gauge && p.Field == "sum" }

// shares reports whether p is added to what has the name of h.
func (n *Names) shares(h *holder, p *reporters.Point) bool {
	if h.kind != p.Kind || !n.isAdded(p) || p.Kind == reporters.Gauge && h.field != "sum" {
		return false
	}
	return !n.sums || n.batch != nil // or the sum would never be taken
}

// Add adds p, for which Check returned Share, to the sum of its name. The parts are the
// name as it is written.
func (n *Names) Add(p *reporters.Point, parts ...[]byte) {
	h := n.shared
	if h.sum == nil {
		h.sum = &sum{text: slices.Concat(parts...), last: map[uint64]*part{}, kind: p.Kind, taken: true}
		h.sum.add(n.keys.Field(h.key, h.field), h.value, h.at, p.Time)
	}
	if h.sum.taken {
		h.sum.taken = false
		n.pending = append(n.pending, h.sum)
	}
	h.sum.add(n.keys.Field(p.Key, p.Field), p.Value, p.Time, p.Time)
}

// add adds a value that one counter had at a time.
func (s *sum) add(counter uint64, value float64, at, now int64) {
	s.time = now
	p := s.last[counter]
	fresh := p == nil
	if fresh {
		p = new(part)
		s.last[counter] = p
	}
	switch {
	case s.kind == reporters.Counter:
		s.total += reporters.Growth(p.value, value)
	case s.kind == reporters.Gauge:
		s.total += value - p.value
	case at == now && (fresh || p.at != at): // a delta that is not in it
		s.total += value
	}
	p.value, p.at = value, at
}

// sweep forgets counters that are idle. What they had counted stays in the sum.
func (s *sum) sweep(now int64) {
	maps.DeleteFunc(s.last, func(_ uint64, p *part) bool { return IsIdle(p.at, now) })
}

// take returns the sum, which is finite.
func (s *sum) take() float64 {
	total := max(min(s.total, math.MaxFloat64), -math.MaxFloat64)
	if s.taken = true; s.kind == reporters.CounterDelta {
		s.total = 0
	}
	return total
}

// TakeSums calls write with each name that points were added to since the last call,
// the sum, and the time of the newest point.
func (n *Names) TakeSums(write func(text []byte, total float64, time int64)) {
	for _, s := range n.pending {
		write(s.text, s.take(), s.time)
	}
	clear(n.pending)
	n.pending = n.pending[:0]
}

// Check says what becomes of p, since another series or another field may have its
// name. field is the field as it is written. c may be nil.
func (n *Names) Check(c *Contest, p *reporters.Point, field []byte) Outcome {
	if c == nil {
		return Write
	}
	if c.awaits(p) {
		n.points.Add(1)
		return Refuse
	}
	h := c.fields[string(field)]
	if h == nil || IsIdle(h.at, p.Time) {
		c.sweepFull(p.Time)
		c.hold(p, string(field))
		return Write
	}
	shares := n.shares(h, p)
	switch own := h.field == p.Field && (h.series == p.Series || serieskey.Equal(h.key, p.Key)); {
	case own && (h.sum == nil || !shares):
		h.series, h.at, h.value, h.kind, h.sum = p.Series, p.Time, p.Value, p.Kind, nil
		return Write
	case own:
		h.series = p.Series
	case shares:
		n.collided(c, h, p, field, "their counts are added up")
	default:
		n.points.Add(1)
		n.collided(c, h, p, field, "the second is not sent")
		return Refuse
	}
	h.at, n.shared = p.Time, h
	return Share
}

// collided counts the series of p once, which has the name of h.
func (n *Names) collided(c *Contest, h *holder, p *reporters.Point, field []byte, outcome string) {
	_, counted := c.refused[p.Series]
	if !counted {
		c.sweepFull(p.Time)
	}
	c.refused[p.Series] = p.Time
	if !counted {
		n.found(collision{string(field), h.key.WithField(h.field), p.Key.WithField(p.Field), outcome})
	}
}
