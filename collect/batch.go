package collect

import (
	"sync/atomic"

	"monkit.example/reporters"
)

// sharedBatch is a batch that several reporters read. The last reference that
// is released returns it to its pool.
type sharedBatch struct {
	reporters.Batch
	walk int64 // number of the walk, from 1
	used int   // number of points of the walk before, which may still be in memory
	refs atomic.Int32
	pool batchPool
}

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
	points := s.Points
	n := len(points)
	if n < s.used {
		clear(points[n:s.used]) // there is room: a slice of points never shrinks
	}
	s.used = n
	s.Points = nil
	s.Reset()
	s.Points = points[:0]
}
