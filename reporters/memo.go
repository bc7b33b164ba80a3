package reporters

import (
	"unsafe"

	"monkit.example/monkit"
)

// Memo caches a T for each series of a collector: an encoder's prefixes, the
// last value of a counter. A Point's numbers are the index, so that no text is
// hashed. The memory follows the number of series that exist at one time.
type Memo[T any] struct {
	slots []memoSlot[T]
}

type memoSlot[T any] struct {
	measurement, field string
	tags               *monkit.TagSet
	used               bool
	val                T
}

// Field returns the T of p's Key and Field. fresh is true if it is the zero T:
// the series is new, or has the number of one that no longer exists. For a
// point that was received, which has no number, val is nil and fresh is true.
func (m *Memo[T]) Field(p *Point) (val *T, fresh bool) { return m.at(p.ID, p, p.Field) }

// Series is like Field but returns the T that all fields of p's Key share.
func (m *Memo[T]) Series(p *Point) (val *T, fresh bool) { return m.at(p.Series, p, "") }

func (m *Memo[T]) at(id uint32, p *Point, field string) (*T, bool) {
	if id == 0 {
		return nil, true
	}
	if int(id) >= len(m.slots) {
		m.grow(int(id))
	}
	s := &m.slots[id]
	if s.used && s.tags == p.Key.Tags && same(s.measurement, p.Key.Measurement) && same(s.field, field) {
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

// same reports whether a == b. It is fast for strings of the same memory, as those
// of a series are at each walk.
func same(a, b string) bool {
	return len(a) == len(b) && (unsafe.StringData(a) == unsafe.StringData(b) || a == b)
}
