package reporters

import (
	"unsafe"

	"monkit.example/internal/serieskey"
	"monkit.example/monkit"
)

// Memo caches a T for each series of a collector: an encoder's prefixes, the
// last value of a counter. A Point's numbers are the index, so that no text is
// hashed. The memory follows the number of series that exist at one time.
type Memo[T any] struct {
	pages []*memoSlots[T]
}

// memoPage is the number of slots of a page. Pages never move: a Memo of a
// million series would be copied whenever it grew.
const memoPage = 256

// memoSlots is a page. Its values are apart from their owners, since a pair of a
// small value would be padded.
type memoSlots[T any] struct {
	owners [memoPage]memoOwner
	vals   [memoPage]T
}

// memoOwner is the series and field that a slot is of, in a form that takes less
// memory than three strings.
type memoOwner struct {
	measurement, field *byte
	tags               *monkit.TagSet
	lenMeasurement     uint32
	lenField           uint32 // plus one; zero is a slot that is not used
}

// Field returns the T of p's Key and Field. fresh is true if it is the zero T:
// the series is new, or has the number of one that no longer exists. For a
// point that was received, which has no number, val is nil and fresh is true.
// val is valid as long as the Memo.
func (m *Memo[T]) Field(p *Point) (val *T, fresh bool) { return m.at(p.ID, p, p.Field) }

// Series is like Field but returns the T that all fields of p's Key share.
func (m *Memo[T]) Series(p *Point) (val *T, fresh bool) { return m.at(p.Series, p, "") }

func (m *Memo[T]) at(id uint32, p *Point, field string) (*T, bool) {
	val, fresh := m.slot(id, p.Key, field)
	if val != nil && fresh {
		*val = *new(T)
	}
	return val, fresh
}

// slot returns the value of a number. If fresh is true, it is that of the number's
// former owner.
func (m *Memo[T]) slot(id uint32, key monkit.SeriesKey, field string) (val *T, fresh bool) {
	if id == 0 {
		return nil, true
	}
	page := int(id / memoPage)
	if page >= len(m.pages) {
		m.pages = append(m.pages, make([]*memoSlots[T], page+1-len(m.pages))...)
	}
	if m.pages[page] == nil {
		m.pages[page] = new(memoSlots[T])
	}
	slots := m.pages[page]
	owner, val := &slots.owners[id%memoPage], &slots.vals[id%memoPage]
	if owner.is(key, field) {
		return val, false
	}
	known := owner.isEqual(key, field)
	*owner = newMemoOwner(key, field)
	return val, !known
}

func newMemoOwner(key monkit.SeriesKey, field string) memoOwner {
	return memoOwner{
		measurement: unsafe.StringData(key.Measurement), lenMeasurement: uint32(len(key.Measurement)),
		field: unsafe.StringData(field), lenField: uint32(len(field)) + 1, tags: key.Tags,
	}
}

// is reports whether key and field are those of o and in the same memory, as they
// are at each walk.
func (o *memoOwner) is(key monkit.SeriesKey, field string) bool {
	return o.tags == key.Tags && o.lenField == uint32(len(field))+1 && o.lenMeasurement == uint32(len(key.Measurement)) &&
		o.measurement == unsafe.StringData(key.Measurement) && (o.field == unsafe.StringData(field) || field == "")
}

// isEqual reports whether key and field are those of o. A series that was idle for
// long may have the same text in other memory.
func (o *memoOwner) isEqual(key monkit.SeriesKey, field string) bool {
	return o.lenField != 0 && unsafe.String(o.field, o.lenField-1) == field &&
		serieskey.Equal(monkit.SeriesKey{Measurement: unsafe.String(o.measurement, o.lenMeasurement), Tags: o.tags}, key)
}
