package collect

import (
	"slices"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// reading is what one walk read: a value for each place of an order. It shares
// all else with the table, since only the values are different at each walk. It
// does not change when the table does.
type reading struct {
	records
	order  *order // nil before the walk
	values chunked[float64]
	at     int64 // the time of all points
}

// take makes r the reading of the walk that ended.
func (r *reading) take(t *table, at int64) {
	r.records, r.order, r.at = t.records, t.order, at
	r.order.users.Add(1)
}

// release empties r, so that it keeps no series in memory.
func (r *reading) release() {
	if r.order != nil {
		r.order.users.Add(-1)
	}
	r.records, r.order = records{}, nil
	r.values.shrink()
	r.values.n = 0
}

// points returns the number of points.
func (r *reading) points() int {
	if r.order == nil {
		return 0
	}
	return r.order.n - r.order.hidden
}

// appendFrom appends points from the place p on to dst until there are max of them, but
// not only a part of those of a series. It returns the place of the next one.
func (r *reading) appendFrom(dst []reporters.Point, p, max int) ([]reporters.Point, int) {
	last, key, id := -1, monkit.SeriesKey{}, uint32(0)
	for ; p < r.order.n; p++ {
		i := *r.order.at(p)
		if i&hidden != 0 {
			continue
		}
		e := r.entries.at(int(i))
		if int(e.series) != last {
			if len(dst) >= max {
				break
			}
			s := r.series.at(int(e.series))
			last, key, id = int(e.series), s.key, s.id
		}
		n := len(dst)
		if n == cap(dst) {
			dst = slices.Grow(dst, 1)
		}
		dst = dst[:n+1]
		to, name := &dst[n], r.names.at(int(e.name)) // set in place: a Point is larger than a cache line
		to.Key, to.Field, to.Value, to.Time = key, name.field, *r.values.at(p), r.at
		to.Series, to.ID, to.Kind = id, e.id, name.kind
	}
	return dst, p
}
