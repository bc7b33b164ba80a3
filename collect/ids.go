package collect

import "sync"

// ids are the numbers of reporters.Point.Series, and of Point.ID. They are apart
// because a reporters.Memo of either is as long as the largest of its numbers.
type ids struct{ series, points idPool }

// shared has the numbers of all collectors of the process, since a reporter may
// get the batches of several.
var shared ids

// idPool allocates small numbers. They are dense, so that a reporters.Memo is
// a slice and stays as short as the number of series that exist at one time.
type idPool struct {
	mu   sync.Mutex
	last uint32   // guarded by mu
	free []uint32 // guarded by mu
}

// alloc returns a number, never zero, that is not in use.
func (p *idPool) alloc() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		id := p.free[n-1]
		p.free = p.free[:n-1]
		return id
	}
	p.last++
	return p.last
}

// release makes id available again.
func (p *idPool) release(id uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, id)
}
