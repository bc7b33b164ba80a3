package reporters

import "sync"

// ids hands out the numbers that stand for series in all Points of the
// process. They are dense, so that a Memo is a slice.
var ids struct {
	mu   sync.Mutex
	last uint32
	free []uint32
}

// NewID returns a number for a series that nothing else living has.
func NewID() uint32 {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	if n := len(ids.free); n > 0 {
		id := ids.free[n-1]
		ids.free = ids.free[:n-1]
		return id
	}
	ids.last++
	return ids.last
}

// FreeID gives back the number of a series that is gone.
func FreeID(id uint32) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	ids.free = append(ids.free, id)
}
