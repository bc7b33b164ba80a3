package monkit

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// lanes is a distribution that many goroutines fill at once: those that would
// wait for each other each get a lane of their own, and whoever reads makes
// one of all. The first lane is all that most ever need.
type lanes[T Number] struct {
	first lane[T]
	more  atomic.Pointer[[]lane[T]] // nil unless needed; set under first.mu
}

// lane is a distribution and its lock.
type lane[T Number] struct {
	mu    sync.Mutex
	waits int32   // guarded by mu; how often somebody came while it was held
	dist  Dist[T] // guarded by mu

	_ [64]byte // or two locks would share a cache line
}

// manyWaits is how often goroutines must meet before there are more lanes.
const manyWaits = 64

// many reports whether there is more than the first lane.
func (l *lanes[T]) many() bool { return l.more.Load() != nil }

// lock locks the lane of whoever calls and returns it.
func (l *lanes[T]) lock() *lane[T] {
	if first := &l.first; !l.many() && first.mu.TryLock() {
		return first
	}
	return l.lockAmongMany(stackHash())
}

// lockAmongMany locks the lane of those who come with hash and returns it. It
// is for who found more, or the first one taken; while there is only that, it
// is the first one.
func (l *lanes[T]) lockAmongMany(hash uint32) *lane[T] {
	all := l.more.Load()
	if all == nil {
		l.first.mu.Lock()
		if l.first.waits++; l.first.waits == manyWaits {
			l.widen()
		}
		if all = l.more.Load(); all == nil {
			return &l.first
		}
		l.first.mu.Unlock()
	}
	mine := &(*all)[hash&uint32(len(*all)-1)]
	mine.mu.Lock()
	return mine
}

// widen makes a power of two of lanes, four times as many as there are
// processors, so that few who run at once come to the same one, and at most 64.
// first.mu is held. Only the first call makes any.
func (l *lanes[T]) widen() {
	if l.many() {
		return
	}
	n := 2
	for n < 4*runtime.GOMAXPROCS(0) && n < 64 {
		n *= 2
	}
	all := make([]lane[T], n)
	l.more.Store(&all)
}

// lockAll gathers all there is in the first lane, and locks that.
func (l *lanes[T]) lockAll() *Dist[T] {
	l.first.mu.Lock()
	if all := l.more.Load(); all != nil {
		for i := range *all {
			(*all)[i].pour(&l.first.dist)
		}
	}
	return &l.first.dist
}

func (l *lanes[T]) unlockAll() { l.first.mu.Unlock() }

// pour empties the lane into d.
func (l *lane[T]) pour(d *Dist[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dist.Count == 0 {
		return
	}
	newest := l.dist.Recent
	if d.Count > 0 && d.sliding.CheckedAfter(&l.dist.sliding) {
		newest = d.Recent
	}
	d.Merge(&l.dist)
	d.Recent = newest
	l.dist.clear()
}

// stackHash is a number that is most often the same for one goroutine and
// another for others: where its stack is.
func stackHash() uint32 {
	var here byte
	return addressHash(unsafe.Pointer(&here))
}

// addressHash is most often the same for what is near p.
func addressHash(p unsafe.Pointer) uint32 {
	return uint32(uint64(uintptr(p)>>11) * 0x9e3779b97f4a7c15 >> 40)
}
