package reporters

import "monkit.example/monkit"

// Memo keeps a T for each series of a collector, found by a Point's identity
// in one step. It is what encoders cache prefixes and last values in. Its
// size follows the number of series that live.
type Memo[T any] struct {
	slots []memoSlot[T]
}

type memoSlot[T any] struct {
	measurement, field string
	tags               *monkit.TagSet
	used               bool
	val                T
}

// Field returns the place of p's Key and Field. fresh says that the place is
// zero: the series is new, or its number was taken over from one that is
// gone. It returns nil for a point without an identity.
func (m *Memo[T]) Field(p *Point) (val *T, fresh bool) { return m.at(p.ID, p, p.Field) }

// Series is Field for what belongs to the whole series.
func (m *Memo[T]) Series(p *Point) (val *T, fresh bool) { return m.at(p.Series, p, "") }

func (m *Memo[T]) at(id uint32, p *Point, field string) (*T, bool) {
	if id == 0 {
		return nil, true
	}
	if int(id) >= len(m.slots) {
		m.grow(int(id))
	}
	s := &m.slots[id]
	// The strings of a living series stay where they are, so that comparing
	// them compares pointers.
	if s.used && s.tags == p.Key.Tags && s.measurement == p.Key.Measurement && s.field == field {
		return &s.val, false
	}
	*s = memoSlot[T]{measurement: p.Key.Measurement, field: field, tags: p.Key.Tags, used: true}
	return &s.val, true
}

func (m *Memo[T]) grow(id int) {
	more := make([]memoSlot[T], max(id+1, len(m.slots)+len(m.slots)/2, 64))
	copy(more, m.slots)
	m.slots = more
}
