package collect

import (
	"sync/atomic"

	"monkit.example/reporters"
)

// shared is a batch that several reporters read. The last one to be done
// with it gives it back.
type shared struct {
	reporters.Batch
	walk int64 // number of the walk, from 1
	refs atomic.Int32
	home spares
}

// spares are batches that wait for the next walk. A sync.Pool would lose them
// to the garbage collector, which runs between two ticks more often than not,
// and a walk would grow a batch anew each time.
type spares chan *shared

// One batch is on its way while the next is made; more than that are kept
// only by a reporter that is late, and not worth their memory afterwards.
func newSpares() spares { return make(spares, 2) }

// take returns an empty batch that its caller holds.
func (p spares) take() *shared {
	var s *shared
	select {
	case s = <-p:
	default:
		s = &shared{home: p}
	}
	s.refs.Store(1)
	return s
}

func (s *shared) hold() *shared {
	s.refs.Add(1)
	return s
}

func (s *shared) release() {
	if s.refs.Add(-1) > 0 {
		return
	}
	s.Reset()
	select {
	case s.home <- s:
	default:
	}
}
