package collect

import (
	"slices"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Walker reads a source into batches when its caller asks, as a Collector does
// at every tick: with the same numbers and kinds of points, and without an
// allocation for each of them once it has seen all series. It is for code that
// is asked for the present values, such as a page. It must not be used by two
// goroutines at a time; it may be used beside collectors of the same source.
type Walker struct {
	src   monkit.StatSource
	table *table

	tolerance time.Duration // by how much the wall clock may be set back before times follow it

	last     time.Time                               // the previous walk, with the monotonic clock
	stamped  time.Time                               // the time of its batch
	panicked error                                   // the panic of the last walk
	ended    atomic.Bool                             // no more samples are taken; set by any goroutine
	points   []reporters.Point                       // of the current walk
	at       int64                                   // their time
	visit    func(monkit.SeriesKey, string, float64) // add; made once, so that a walk allocates nothing
}

// NewWalker returns a Walker of src that leaves out the fields in without. Its
// points have numbers of their own: an encoder that gets its batches should get
// those of no other Walker or Collector, which would replace what it cached.
func NewWalker(src monkit.StatSource, without ...string) *Walker {
	return newWalker(src, new(ids), without)
}

func newWalker(src monkit.StatSource, numbers *ids, without []string) *Walker {
	w := &Walker{src: src, table: newTable(src, numbers, without), tolerance: DefaultInterval, last: time.Now()}
	w.visit = w.add
	return w
}

// Walk adds the points of the source to b, which must be empty, with the time
// at, or a nanosecond after the last walk if at is not after that. If at is more
// than 10 s before the last walk, the clock was set back, and b gets it. Walk
// reports whether the source panicked: then b has the points before the panic.
func (w *Walker) Walk(b *reporters.Batch, at time.Time) (panicked bool) {
	now := time.Now()
	at = w.stamp(at)
	b.At, b.Interval = at, now.Sub(w.last)
	w.last = now
	w.points, w.at = b.Points, at.UnixNano()
	w.table.begin()
	w.panicked = w.read()
	w.table.end()
	b.Points, w.points = w.points, nil
	return w.panicked != nil
}

// Duplicates returns how many samples all walks left out because the same walk
// had a sample of that series and field before.
func (w *Walker) Duplicates() int64 { return w.table.duplicates }

// read walks the source. A panic ends the walk and is returned; the samples
// before it are kept.
func (w *Walker) read() error {
	return guarded(func() error {
		w.src.Stats(w.visit)
		return nil
	})
}

func (w *Walker) add(key monkit.SeriesKey, field string, val float64) {
	if w.ended.Load() {
		return
	}
	e := w.table.find(key, field)
	if e == nil {
		return
	}
	n := len(w.points)
	if n == cap(w.points) {
		w.points = slices.Grow(w.points, 1)
	}
	w.points = w.points[:n+1]
	p := &w.points[n] // set in place: a Point is larger than a cache line
	p.Key, p.Field, p.Value, p.Time = e.key, e.field, val, w.at
	p.Series, p.ID, p.Kind = e.series, e.id, e.kind
}
