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

// release makes numbers available again.
func (p *idPool) release(ids ...uint32) {
	if len(ids) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, ids...)
}

// maxParked bounds how many numbers of totals are parked.
const maxParked = 100_000

// parked has the numbers of totals that have no samples at present, by the hash
// of series and field. A total that comes back gets its number again, so that
// reporters know its last value: they would take it for one that has counted from
// zero. The numbers are in two generations. When the younger is full, those of
// the older are given to other series.
type parked struct {
	young, old map[uint64]uint32
}

// park keeps a number for the total of that hash. It returns numbers that are
// not kept any longer.
func (p *parked) park(hash uint64, id uint32) (released []uint32) {
	if p.young == nil {
		p.young = make(map[uint64]uint32)
	}
	if former, ok := p.take(hash); ok {
		released = append(released, former)
	}
	if len(p.young) >= maxParked/2 {
		released = append(released, values(p.old)...)
		p.old, p.young = p.young, make(map[uint64]uint32)
	}
	p.young[hash] = id
	return released
}

// take returns the number of the total of that hash, which is no longer parked.
func (p *parked) take(hash uint64) (id uint32, ok bool) {
	for _, m := range []map[uint64]uint32{p.young, p.old} {
		if id, ok = m[hash]; ok {
			delete(m, hash)
			return id, true
		}
	}
	return 0, false
}

// close returns all numbers.
func (p *parked) close() []uint32 {
	all := append(values(p.young), values(p.old)...)
	*p = parked{}
	return all
}

func (p *parked) len() int { return len(p.young) + len(p.old) }

func values(m map[uint64]uint32) []uint32 {
	all := make([]uint32, 0, len(m))
	for _, id := range m {
		all = append(all, id)
	}
	return all
}
