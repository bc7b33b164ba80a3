package reporters

import "sync"

// IDs hands out the numbers that stand for series in all Points of the
// process. They are dense, so that a Memo is a slice.
type IDs struct {
	mu   sync.Mutex
	last uint32
	free []uint32
}

// SeriesIDs are for Point.Series, and PointIDs for Point.ID. They are apart
// because a Memo of either is as long as the largest of its numbers.
var SeriesIDs, PointIDs IDs

// New returns a number, never zero, that nothing else living has.
func (i *IDs) New() uint32 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if n := len(i.free); n > 0 {
		id := i.free[n-1]
		i.free = i.free[:n-1]
		return id
	}
	i.last++
	return i.last
}

// Free gives back the number of what is gone.
func (i *IDs) Free(id uint32) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.free = append(i.free, id)
}
