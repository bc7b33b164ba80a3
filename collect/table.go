package collect

import (
	"sync/atomic"

	"monkit.example/internal/serieskey"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// idleWalks is after how many walks without a sample a series is deleted.
const idleWalks = 64

// table has an entry, with its numbers and kind, for each field of each series
// of a source. A walk meets the series in the same order as the previous walk,
// except for those that came or went. So the table expects each sample after the
// one before, as in the previous walk, and looks only those up that are elsewhere.
// A Walker owns it.
//
// What samples have in common is stored once, and found by index: a field's name
// for all series, a key for all fields. Entries, series and names are only added,
// until compact replaces all of them, so that a reading of an earlier walk can be
// used beside the table.
type table struct {
	totals  monkit.TotalSource // nil if fields have the kind of their name
	ids     *ids
	without []string // fields that are not reported

	records
	order   *order // of the previous walk
	spare   *order // an earlier one, to be used again
	pos     int    // in order, of the sample that is expected next
	walk    uint32 // number of the current walk
	changed bool   // the current walk has another order
	next    *order // its order so far, if changed
	values  *chunked[float64]

	hash        serieskey.Hasher
	nameIndex   map[name]uint32
	seriesIndex index
	wideIndex   index // of entries that are in no chain
	last        int   // the series that was looked up last; -1 is none
	parked      parked

	duplicates int64 // samples of a field that the same walk had before
	forgotten  int64 // totals whose numbers were given to other series
}

// records are what a reading refers to.
type records struct {
	entries chunked[entry]
	series  chunked[series]
	names   chunked[name]
}

// entry is what all points of one field of one series have in common. It has no
// pointers, so that the garbage collector passes over it.
type entry struct {
	series uint32 // index in records
	name   uint32 // index in records
	id     uint32 // Point.ID

	next uint32 // another entry of the series, plus one; zero is none
	walk uint32 // the last walk with a sample; of those in the order only set if that changes
	pos  uint32 // in table.order, if the previous walk had a sample
}

// series is what all fields of one series have in common.
type series struct {
	key  monkit.SeriesKey
	id   uint32 // Point.Series
	hash uint32

	first  uint32 // an entry, plus one, from which a chain begins; used by the table only
	fields uint32 // number of entries; used by the table only
}

// name is what fields of one name and kind have in common.
type name struct {
	field   string
	kind    reporters.Kind
	ignored bool // the field is one of table.without
}

// order has the samples of a walk: indices of entries. Those with the bit hidden
// are not reported, since their field is ignored or they are duplicates.
type order struct {
	chunked[uint32]
	hidden     int          // number of samples that are not reported
	duplicates int          // number of these that are duplicates
	users      atomic.Int32 // number of readings with this order
}

const hidden = 1 << 31

func newTable(src monkit.StatSource, numbers *ids, without []string) *table {
	totals, _ := src.(monkit.TotalSource)
	return &table{
		totals: totals, ids: numbers, without: without,
		order: new(order), hash: serieskey.NewHasher(), nameIndex: make(map[name]uint32), last: -1,
	}
}

// begin starts a walk that adds its values to v.
func (t *table) begin(v *chunked[float64]) {
	t.walk++
	t.pos = 0
	t.changed = false
	t.values = v
}

// add adds a sample.
func (t *table) add(key monkit.SeriesKey, field string, val float64) {
	if !t.changed && t.pos < t.order.n {
		i := *t.order.at(t.pos)
		if t.is(int(i&^hidden), key, field) {
			t.pos++
			t.values.add(val)
			if i&hidden != 0 {
				t.countHidden(int(i &^ hidden))
			}
			return
		}
	}
	t.addElsewhere(key, field, val)
}

func (t *table) countHidden(i int) {
	if !t.nameOf(i).ignored {
		t.duplicates++
	}
}

// addElsewhere adds a sample of a walk whose order is not that of the previous
// one.
func (t *table) addElsewhere(key monkit.SeriesKey, field string, val float64) {
	if !t.changed {
		t.change()
	}
	i := t.find(key, field)
	e, mark := t.entries.at(i), uint32(i)
	switch {
	case e.walk == t.walk:
		t.duplicates++
		mark |= hidden
	case t.nameOf(i).ignored:
		mark |= hidden
	}
	e.walk = t.walk
	t.next.add(mark)
	t.values.add(val)
}

// change begins the order of the current walk with what it has in common with the
// previous one.
func (t *table) change() {
	t.changed = true
	t.next, t.spare = t.spare, nil
	if t.next == nil || t.next.users.Load() > 0 {
		t.next = new(order)
	}
	t.next.copyFrom(&t.order.chunked, t.pos)
	for p := range t.pos {
		t.entries.at(int(*t.order.at(p) &^ hidden)).walk = t.walk
	}
}

// find returns the entry of the next sample, which it makes if it is new.
func (t *table) find(key monkit.SeriesKey, field string) int {
	if t.pos < t.order.n {
		if i := int(*t.order.at(t.pos) &^ hidden); t.is(i, key, field) {
			t.pos++
			return i
		}
	}
	i := t.lookUp(key, field)
	if p := int(t.entries.at(i).pos); p < t.order.n && int(*t.order.at(p)&^hidden) == i {
		t.pos = p + 1 // those between came later, or went
	}
	return i
}

// is reports whether entry i is that of key and field.
func (t *table) is(i int, key monkit.SeriesKey, field string) bool {
	e := t.entries.at(i)
	return serieskey.Same(t.names.at(int(e.name)).field, field) && serieskey.Equal(t.series.at(int(e.series)).key, key)
}

func (t *table) nameOf(i int) *name { return t.names.at(int(t.entries.at(i).name)) }

// end finishes a walk. Every idleWalks walks it deletes idle entries.
func (t *table) end() {
	t.values = nil
	if !t.changed && t.pos < t.order.n {
		t.change()
	}
	if t.changed {
		t.replaceOrder()
	}
	if t.walk%idleWalks == 0 {
		t.deleteIdle()
	}
}

// replaceOrder makes the order of the current walk that of the table.
func (t *table) replaceOrder() {
	for p := range t.order.n {
		if e := t.entries.at(int(*t.order.at(p) &^ hidden)); e.walk != t.walk {
			e.walk = t.walk - 1
		}
	}
	t.order, t.spare, t.next = t.next, t.order, nil
	t.order.shrink()
	t.order.hidden, t.order.duplicates = 0, 0
	for p := range t.order.n {
		i := *t.order.at(p)
		if i&hidden != 0 {
			t.order.hidden++
			if !t.nameOf(int(i &^ hidden)).ignored {
				t.order.duplicates++
				continue // a duplicate; the entry has the position of the first
			}
		}
		t.entries.at(int(i &^ hidden)).pos = uint32(p)
	}
}
