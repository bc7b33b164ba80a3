package collect

import (
	"slices"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// idleWalks is after how many walks without a sample a series is forgotten.
const idleWalks = 64

// table gives each series of a source its identity. A walk visits the series
// in the same order as the walk before, but for those that came or went, so
// the table expects each sample at its last position and finds it by
// comparing pointers; only what moved is looked up in a map.
type table struct {
	totals  monkit.TotalSource // nil if the source goes by the names of fields
	without []string           // fields that are left out

	order []*entry // as the walk before met them
	pos   int      // in order, of the walk under way
	walk  int      // number of the walk under way

	byKey  map[identity]*entry
	byText map[string]*entry // the same entries by their canonical text
	series map[seriesKey]*seriesID

	duplicates int64 // samples of a series that the same walk had already
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
	refs int // entries of the series
}

// entry is what never changes of a series' points.
type entry struct {
	key    monkit.SeriesKey
	field  string
	text   string
	id     uint32
	series uint32
	kind   reporters.Kind
	walk   int  // the last walk that met it
	none   bool // nobody gets it
}

func newTable(src monkit.StatSource, without []string) *table {
	totals, _ := src.(monkit.TotalSource)
	return &table{
		totals:  totals,
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
}

// end finishes a walk and, now and then, forgets what is gone.
func (t *table) end() {
	clear(t.order[t.pos:])
	t.order = t.order[:t.pos]
	if t.walk%idleWalks == 0 {
		t.expire()
	}
}

// find returns the entry of a sample, or nil if nobody gets it or the walk had
// it already.
func (t *table) find(key monkit.SeriesKey, field string) *entry {
	var e *entry
	if t.pos < len(t.order) && t.order[t.pos].is(key, field) {
		e = t.order[t.pos]
	} else {
		e = t.lookUp(key, field)
		if t.pos == len(t.order) {
			t.order = append(t.order, e)
		} else {
			t.order[t.pos] = e
		}
	}
	t.pos++
	if e.walk == t.walk {
		t.duplicates++
		return nil
	}
	e.walk = t.walk
	if e.none {
		return nil
	}
	return e
}

func (e *entry) is(key monkit.SeriesKey, field string) bool {
	return e.key.Tags == key.Tags && e.key.Measurement == key.Measurement && e.field == field
}

// lookUp finds or makes an entry. A source that makes its tags anew for every
// walk is found by its text, which costs it an allocation a sample.
func (t *table) lookUp(key monkit.SeriesKey, field string) *entry {
	if e := t.byKey[identity{seriesKey{key.Measurement, key.Tags}, field}]; e != nil {
		return e
	}
	text := key.WithField(field)
	e := t.byText[text]
	if e == nil {
		e = &entry{key: key, field: field, text: text, id: pointIDs.alloc(), series: t.seriesOf(key), kind: t.kindOf(key, field), none: slices.Contains(t.without, field)}
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

// seriesOf returns the number of the series that key names, and counts one
// more entry for it.
func (t *table) seriesOf(key monkit.SeriesKey) uint32 {
	k := seriesKey{key.Measurement, key.Tags}
	s := t.series[k]
	if s == nil {
		s = &seriesID{id: seriesIDs.alloc()}
		t.series[k] = s
	}
	s.refs++
	return s.id
}

func (t *table) expire() {
	for _, e := range t.byText {
		if t.walk-e.walk >= idleWalks {
			t.forget(e)
		}
	}
}

func (t *table) forget(e *entry) {
	delete(t.byText, e.text)
	delete(t.byKey, e.identity())
	pointIDs.release(e.id)
	k := seriesKey{e.key.Measurement, e.key.Tags}
	s := t.series[k]
	if s.refs--; s.refs == 0 {
		delete(t.series, k)
		seriesIDs.release(s.id)
	}
}

// close gives all numbers back.
func (t *table) close() {
	for _, e := range t.byText {
		t.forget(e)
	}
	t.order = nil
}
