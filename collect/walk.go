package collect

import (
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// walker reads a source into batches. Collector.walking guards it.
type walker struct {
	src   monkit.StatSource
	table *table

	last    time.Time // the previous walk, with the monotonic clock
	stamped time.Time // the time of its batch
	b       *reporters.Batch
	at      int64
	visit   func(monkit.SeriesKey, string, float64) // add; made once, so that a walk allocates nothing
}

func newWalker(src monkit.StatSource, without ...string) *walker {
	w := &walker{src: src, table: newTable(src, without), last: time.Now()}
	w.visit = w.add
	return w
}

// snapshot walks the source into b and reports whether it panicked. The times
// of batches always increase.
func (w *walker) snapshot(b *reporters.Batch, at time.Time) (panicked bool) {
	now := time.Now()
	if !at.After(w.stamped) {
		at = w.stamped.Add(1)
	}
	b.At, b.Interval = at, now.Sub(w.last)
	w.last, w.stamped = now, at
	w.b, w.at = b, at.UnixNano()
	w.table.begin()
	panicked = w.read()
	w.table.end()
	w.b = nil
	return panicked
}

// read walks the source. A panic ends the walk; the samples before it are
// kept.
func (w *walker) read() (panicked bool) {
	defer func() { panicked = recover() != nil }()
	w.src.Stats(w.visit)
	return false
}

func (w *walker) add(key monkit.SeriesKey, field string, val float64) {
	e := w.table.find(key, field)
	if e == nil {
		return
	}
	w.b.Points = append(w.b.Points, reporters.Point{
		Key: e.key, Field: e.field, Value: val, Time: w.at, Series: e.series, ID: e.id, Kind: e.kind,
	})
}
