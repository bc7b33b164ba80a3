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
	s, hash := t.lookUpSeries(key), uint32(t.hash.Text(field))
	i := t.entryIndex.find(t.fieldHash(s, hash), func(i int) bool {
		e := t.entries.at(i)
		return int(e.series) == s && serieskey.Same(t.names.at(int(e.name)).field, field)
	})
	if i < 0 {
		i = t.addEntry(s, field, hash)
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

// addEntry adds a field of series s. A total that comes back gets the number that
// it had.
func (t *table) addEntry(s int, field string, hash uint32) int {
	key := t.series.at(s).key
	kind, id := t.kindOf(key, field), uint32(0)
	if kind == reporters.Counter && t.parked.len() > 0 {
		id, _ = t.parked.take(t.hash.Field(key, field))
	}
	if id == 0 {
		id = t.ids.points.alloc()
	}
	n := t.addName(name{field, kind, slices.Contains(t.without, field), hash})
	i := t.entries.add(entry{series: uint32(s), name: n, id: id})
	t.entryIndex.add(i, t.entryHash)
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
	return t.fieldHash(int(e.series), t.names.at(int(e.name)).hash)
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
