package collect

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/reporters"
)

// sharedBatch is a walk that several reporters read. The last reference that
// is released returns it to its pool.
type sharedBatch struct {
	reading
	interval time.Duration
	time     time.Time
	walk     int64 // number of the walk, from 1
	refs     atomic.Int32
	pool     batchPool

	mu    sync.Mutex
	whole reporters.Batch // guarded by mu; the same points, for reporters that take no parts
	made  bool            // guarded by mu; whole has the points
	used  int             // guarded by mu; number of points of the walk before, which may still be in memory
}

// partLen is about how many points a part has: as many as stay in a processor's
// cache until they are encoded.
const partLen = 1024

// parts has slices of points that reporters are lent.
var parts = sync.Pool{New: func() any { return new([]reporters.Point) }}

// batchPool keeps batches for the next walks. A sync.Pool would lose them to
// the garbage collector, which runs between two ticks more often than not, and
// each walk would grow its batch again.
type batchPool chan *sharedBatch

// newBatchPool returns a pool of at most two batches: one is being reported
// while the next is filled. Only a slow reporter needs more, which are not worth
// their memory afterwards.
func newBatchPool() batchPool { return make(batchPool, 2) }

// get returns an empty batch with one reference.
func (p batchPool) get() *sharedBatch {
	var s *sharedBatch
	select {
	case s = <-p:
	default:
		s = &sharedBatch{pool: p}
	}
	s.refs.Store(1)
	return s
}

// fill makes s what w reads now. It reports whether the source panicked: then s
// has the samples before the panic.
func (s *sharedBatch) fill(w *Walker, at time.Time) (panicked bool) {
	s.time, s.interval, panicked = w.read(&s.reading, at)
	return panicked
}

// report passes the points to rep: in parts, if it takes such, and else in the
// batch that all other reporters share.
func (s *sharedBatch) report(ctx context.Context, rep reporters.Reporter) error {
	if r, ok := rep.(reporters.PartReporter); ok {
		return r.ReportParts(ctx, &reporters.Batch{At: s.time, Interval: s.interval}, s.parts)
	}
	return rep.Report(ctx, s.batch())
}

// parts calls yield with the points, part by part, until it returns false.
func (s *sharedBatch) parts(yield func([]reporters.Point) bool) {
	buf := parts.Get().(*[]reporters.Point)
	*buf = slices.Grow((*buf)[:0], partLen)
	defer func() {
		clear((*buf)[:cap(*buf)]) // releases the series
		parts.Put(buf)
	}()
	for place := 0; place < s.order.n; {
		*buf, place = s.appendFrom((*buf)[:0], place, partLen)
		if len(*buf) > 0 && !yield(*buf) {
			return
		}
	}
}

// batch returns the batch of all points.
func (s *sharedBatch) batch() *reporters.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.made {
		s.made = true
		s.whole.At, s.whole.Interval = s.time, s.interval
		s.whole.Points = slices.Grow(s.whole.Points[:0], s.points())
		s.whole.Points, _ = s.appendFrom(s.whole.Points, 0, s.points())
	}
	return &s.whole
}

// retain adds a reference and returns s.
func (s *sharedBatch) retain() *sharedBatch {
	s.refs.Add(1)
	return s
}

// release removes a reference. The batch must not be used through it again.
func (s *sharedBatch) release() {
	if s.refs.Add(-1) > 0 {
		return
	}
	s.empty()
	select {
	case s.pool <- s:
	default:
	}
}

// empty empties the batch. It does not clear the points: the next walk sets nearly
// all of them again, and what they refer to lives as long as the series. It clears
// those of the walk before that this one has not set.
func (s *sharedBatch) empty() {
	s.reading.release()
	s.mu.Lock()
	defer s.mu.Unlock()
	points := s.whole.Points
	n := len(points)
	if n < s.used {
		clear(points[n:s.used]) // there is room: a slice of points never shrinks
	}
	s.used, s.made = n, false
	s.whole.Points = nil
	s.whole.Reset()
	s.whole.Points = points[:0]
}
