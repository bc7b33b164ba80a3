package monkit

import (
	"math/rand/v2"
	"sync/atomic"
)

// NewId returns a random number of 63 bits, not negative and not 0. The
// source is the runtime's, seeded by the system, one for each thread: no id
// tells others, and making one takes no lock.
func NewId() int64 {
	for {
		if id := rand.Int64(); id != 0 {
			return id
		}
	}
}

// idAt returns the id at p, made when it is first asked for: most spans and
// traces end before anybody does.
func idAt(p *atomic.Int64) int64 {
	if id := p.Load(); id != 0 {
		return id
	}
	p.CompareAndSwap(0, NewId())
	return p.Load()
}
