package collect

import (
	"sync"
	"sync/atomic"

	"monkit.example/reporters"
)

// shared is a batch that several reporters read. The last one to be done
// with it gives it back.
type shared struct {
	reporters.Batch
	walk int64 // number of the walk, from 1
	refs atomic.Int32
}

var batches = sync.Pool{New: func() any { return new(shared) }}

// newShared returns an empty batch that its caller holds.
func newShared() *shared {
	s := batches.Get().(*shared)
	s.refs.Store(1)
	return s
}

func (s *shared) hold() *shared {
	s.refs.Add(1)
	return s
}

func (s *shared) release() {
	if s.refs.Add(-1) == 0 {
		s.Reset()
		batches.Put(s)
	}
}
