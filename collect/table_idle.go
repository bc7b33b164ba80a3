package collect

import (
	"monkit.example/reporters"
)

// deleteIdle deletes the entries that had no sample for idleWalks walks, and the
// series that have no entry any more.
func (t *table) deleteIdle() {
	if t.entries.n == t.order.n-t.order.duplicates {
		return // all are in the last walk
	}
	for p := range t.order.n {
		t.entries.at(int(*t.order.at(p) &^ hidden)).walk = t.walk
	}
	idle := 0
	for i := range t.entries.n {
		if t.isIdle(t.entries.at(i)) {
			idle++
		}
	}
	if idle > 0 {
		t.compact()
	}
}

func (t *table) isIdle(e *entry) bool { return t.walk-e.walk >= idleWalks }

// compact replaces all records by those that are not idle, and gives the numbers
// of the others back.
func (t *table) compact() {
	old := t.records
	t.records, t.nameIndex, t.last = records{}, make(map[name]uint32), -1
	t.seriesIndex, t.wideIndex = index{}, index{}
	moved := make([]uint32, old.entries.n)      // new indices of entries
	movedSeries := make([]uint32, old.series.n) // those of series, plus one
	var released []uint32
	for i := range old.entries.n {
		e := *old.entries.at(i)
		s, n := *old.series.at(int(e.series)), *old.names.at(int(e.name))
		if t.isIdle(&e) {
			released = append(released, t.retire(s, n, e.id)...)
			continue
		}
		to := &movedSeries[e.series]
		if *to == 0 {
			s.first, s.fields = 0, 0
			*to = uint32(t.series.add(s)) + 1
			t.seriesIndex.add(int(*to-1), t.seriesHash)
		}
		e.series, e.name = *to-1, t.addName(n)
		moved[i] = uint32(t.link(e))
	}
	t.ids.points.release(released...)
	t.ids.series.release(unmoved(&old.series, movedSeries)...)
	t.renumberOrder(moved)
}

// retire returns the numbers that are free now that the entry with the number id
// is deleted.
func (t *table) retire(s series, n name, id uint32) []uint32 {
	if n.kind != reporters.Counter || n.ignored {
		return []uint32{id}
	}
	released := t.parked.park(t.hash.Field(s.key, n.field), id)
	t.forgotten += int64(len(released))
	return released
}

// unmoved returns the numbers of the series that have no new index.
func unmoved(old *chunked[series], moved []uint32) (numbers []uint32) {
	for i, to := range moved {
		if to == 0 {
			numbers = append(numbers, old.at(i).id)
		}
	}
	return numbers
}

// renumberOrder gives the order new indices. The old one may be in use.
func (t *table) renumberOrder(moved []uint32) {
	next := &order{hidden: t.order.hidden, duplicates: t.order.duplicates}
	for p := range t.order.n {
		i := *t.order.at(p)
		next.add(moved[i&^hidden] | i&hidden)
	}
	t.order, t.spare = next, nil
}

// close releases all numbers.
func (t *table) close() {
	points := t.parked.close()
	for i := range t.entries.n {
		points = append(points, t.entries.at(i).id)
	}
	var all []uint32
	for i := range t.series.n {
		all = append(all, t.series.at(i).id)
	}
	t.ids.points.release(points...)
	t.ids.series.release(all...)
	*t = *newTable(nil, t.ids, t.without)
}
