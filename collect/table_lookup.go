package collect

import (
	"slices"

	"monkit.example/internal/serieskey"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// lookUp finds or makes the entry of key and field by their text: a source may
// make its tags again at every walk.
func (t *table) lookUp(key monkit.SeriesKey, field string) int {
	s := t.lookUpSeries(key)
	i := t.findField(s, field)
	if i < 0 {
		i = t.addEntry(s, field)
	}
	return i
}

// lookUpSeries finds or makes the series of key. The fields of a series follow
// each other, so that only the first is hashed.
func (t *table) lookUpSeries(key monkit.SeriesKey) int {
	if t.last >= 0 && serieskey.Equal(t.series.at(t.last).key, key) {
		return t.last
	}
	hash := uint32(t.hash.Series(key))
	i := t.seriesIndex.find(hash, func(i int) bool {
		s := t.series.at(i)
		return s.hash == hash && serieskey.Equal(s.key, key)
	})
	if i < 0 {
		i = t.series.add(series{key: key, id: t.ids.series.alloc(), hash: hash})
		t.seriesIndex.add(i, t.seriesHash)
	}
	t.last = i
	return i
}

// maxChain is how many entries of a series are in a chain. The entries of wider
// series are found by an index, which takes more memory an entry.
const maxChain = 32

// findField returns the entry of a field of series s, or -1.
func (t *table) findField(s int, field string) int {
	for next := t.series.at(s).first; next != 0; {
		e := t.entries.at(int(next) - 1)
		if serieskey.Same(t.names.at(int(e.name)).field, field) {
			return int(next) - 1
		}
		next = e.next
	}
	if t.series.at(s).fields <= maxChain {
		return -1
	}
	return t.wideIndex.find(t.fieldHash(s, uint32(t.hash.Text(field))), func(i int) bool {
		e := t.entries.at(i)
		return int(e.series) == s && serieskey.Same(t.names.at(int(e.name)).field, field)
	})
}

// addEntry adds a field of series s. A total that comes back gets the number that
// it had.
func (t *table) addEntry(s int, field string) int {
	key := t.series.at(s).key
	kind, id := t.kindOf(key, field), uint32(0)
	if kind == reporters.Counter && t.parked.len() > 0 {
		id, _ = t.parked.take(t.hash.Field(key, field))
	}
	if id == 0 {
		id = t.ids.points.alloc()
	}
	n := t.addName(name{field, kind, slices.Contains(t.without, field)})
	return t.link(entry{series: uint32(s), name: n, id: id})
}

// link adds e so that findField finds it.
func (t *table) link(e entry) int {
	s := t.series.at(int(e.series))
	s.fields++
	if s.fields > maxChain {
		e.next = 0
		i := t.entries.add(e)
		t.wideIndex.add(i, t.entryHash)
		return i
	}
	e.next = s.first
	i := t.entries.add(e)
	s.first = uint32(i) + 1
	return i
}

// addName returns the index of n.
func (t *table) addName(n name) uint32 {
	i, ok := t.nameIndex[n]
	if !ok {
		i = uint32(t.names.add(n))
		t.nameIndex[n] = i
	}
	return i
}

func (t *table) seriesHash(i int) uint32 { return t.series.at(i).hash }

func (t *table) entryHash(i int) uint32 {
	e := t.entries.at(i)
	return t.fieldHash(int(e.series), uint32(t.hash.Text(t.names.at(int(e.name)).field)))
}

func (t *table) fieldHash(s int, field uint32) uint32 {
	return uint32(serieskey.Mix(uint64(t.series.at(s).hash), uint64(field)))
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
