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
	s.Reset()
	select {
	case s.pool <- s:
	default:
	}
}
