package collect

import (
	"slices"
	"unsafe"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// idleWalks is after how many walks without a sample a series is deleted.
const idleWalks = 64

// table has an entry, with its numbers and kind, for each field of each series
// of a source. A walk meets the series in the same order as the previous walk,
// except for those that came or went. So the table expects each sample after the
// one before, as in the previous walk, where it compares pointers, and looks only
// those up in a map that are elsewhere. A Walker owns it.
type table struct {
	totals  monkit.TotalSource // nil if fields have the kind of their name
	ids     *ids
	without []string // fields that are not reported

	order   []*entry // in the order of the previous walk
	pos     int      // in order, of the sample that is expected next
	walk    uint32   // number of the current walk
	changed bool     // the current walk has another order
	next    []*entry // its order so far, if changed

	byKey  map[identity]*entry
	byText map[string]*entry // the same entries by their canonical text
	series map[seriesKey]*seriesID

	duplicates int64 // samples of a field that the same walk had before
}

type identity struct {
	seriesKey
	field string
}

type seriesKey struct {
	measurement string
	tags        *monkit.TagSet
}

type seriesID struct {
	id   uint32
	refs int // number of the series' entries
}

// entry is what all points of one field of one series have in common. It fits a
// cache line: a walk reads all of them.
type entry struct {
	key     monkit.SeriesKey
	field   string
	id      uint32
	series  uint32
	walk    uint32 // the last walk with a sample
	pos     int32  // in table.order, if the previous walk had a sample
	kind    reporters.Kind
	ignored bool // the field is one of table.without
}

func newTable(src monkit.StatSource, numbers *ids, without []string) *table {
	totals, _ := src.(monkit.TotalSource)
	return &table{
		totals:  totals,
		ids:     numbers,
		without: without,
		byKey:   make(map[identity]*entry),
		byText:  make(map[string]*entry),
		series:  make(map[seriesKey]*seriesID),
	}
}

// begin starts a walk.
func (t *table) begin() {
	t.walk++
	t.pos = 0
	t.changed = false
}

// end finishes a walk. Every idleWalks walks it deletes idle entries.
func (t *table) end() {
	if t.changed {
		t.order, t.next = t.next, t.order
		for i, e := range t.order {
			e.pos = int32(i)
		}
		clear(t.next) // releases the entries that are deleted
		t.next = t.next[:0]
	} else {
		clear(t.order[t.pos:])
		t.order = t.order[:t.pos]
	}
	if t.walk%idleWalks == 0 {
		t.deleteIdle()
	}
}

// find returns the entry of the next sample. It returns nil if the sample is
// not reported: its field is ignored, or a duplicate.
func (t *table) find(key monkit.SeriesKey, field string) *entry {
	if t.pos < len(t.order) && !t.changed {
		if e := t.order[t.pos]; e.is(key, field) && e.walk != t.walk && !e.ignored {
			e.walk = t.walk
			t.pos++
			return e
		}
	}
	return t.findSlow(key, field)
}

// findSlow is find for all samples.
func (t *table) findSlow(key monkit.SeriesKey, field string) *entry {
	e := t.advance(key, field)
	if e.walk == t.walk {
		t.duplicates++
		return nil
	}
	e.walk = t.walk
	if e.ignored {
		return nil
	}
	return e
}

// advance returns the entry of the next sample, which it adds to the order.
func (t *table) advance(key monkit.SeriesKey, field string) *entry {
	if t.pos < len(t.order) && t.order[t.pos].is(key, field) {
		e := t.order[t.pos]
		t.pos++
		if t.changed {
			t.next = append(t.next, e)
		}
		return e
	}
	if !t.changed {
		t.changed = true
		t.next = append(t.next[:0], t.order[:t.pos]...)
	}
	e := t.lookUp(key, field)
	t.next = append(t.next, e)
	if i := int(e.pos); i < len(t.order) && t.order[i] == e {
		t.pos = i + 1 // those between came later, or went
	}
	return e
}

func (e *entry) is(key monkit.SeriesKey, field string) bool {
	return e.key.Tags == key.Tags && same(e.key.Measurement, key.Measurement) && same(e.field, field)
}

// same reports whether a == b. It is fast for strings of the same memory, as those
// of a series are at each walk.
func same(a, b string) bool {
	return len(a) == len(b) && (unsafe.StringData(a) == unsafe.StringData(b) || a == b)
}

// lookUp finds or makes an entry. The series of a source that makes its tags
// at every walk are found by their text, at the cost of an allocation per
// sample.
func (t *table) lookUp(key monkit.SeriesKey, field string) *entry {
	if e := t.byKey[identity{seriesKey{key.Measurement, key.Tags}, field}]; e != nil {
		return e
	}
	text := key.WithField(field)
	e := t.byText[text]
	if e == nil {
		e = &entry{
			key: key, field: field, id: t.ids.points.alloc(), series: t.retainSeries(key),
			kind: t.kindOf(key, field), ignored: slices.Contains(t.without, field),
		}
		t.byText[text] = e
		t.byKey[e.identity()] = e
	}
	return e
}

func (t *table) kindOf(key monkit.SeriesKey, field string) reporters.Kind {
	if t.totals == nil {
		return reporters.KindOf(field)
	}
	switch total, known := t.totals.IsTotal(key, field); {
	case !known:
		return reporters.KindOf(field)
	case total:
		return reporters.Counter
	}
	return reporters.Gauge
}

func (e *entry) identity() identity {
	return identity{seriesKey{e.key.Measurement, e.key.Tags}, e.field}
}

// retainSeries returns the number of key's series and counts an entry for it.
func (t *table) retainSeries(key monkit.SeriesKey) uint32 {
	k := seriesKey{key.Measurement, key.Tags}
	s := t.series[k]
	if s == nil {
		s = &seriesID{id: t.ids.series.alloc()}
		t.series[k] = s
	}
	s.refs++
	return s.id
}

func (t *table) deleteIdle() {
	for _, e := range t.byText {
		if t.walk-e.walk >= idleWalks {
			t.delete(e)
		}
	}
}

// delete deletes e and releases its numbers.
func (t *table) delete(e *entry) {
	delete(t.byText, e.key.WithField(e.field))
	delete(t.byKey, e.identity())
	t.ids.points.release(e.id)
	k := seriesKey{e.key.Measurement, e.key.Tags}
	s := t.series[k]
	if s.refs--; s.refs == 0 {
		delete(t.series, k)
		t.ids.series.release(s.id)
	}
}
