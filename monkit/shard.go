package monkit

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// sharded is a distribution that many goroutines update at once. Vals, Timers
// and FuncStats keep their values in one. It begins as one shard, and most never
// need more. Once goroutines have found that locked contentionLimit times, it
// grows: from then on each goroutine most often updates a shard of its own, and
// readers merge all shards into the first one.
//
// The reason is the cost of a cache line that cores take from each other. With
// two cores the gain is small: runs of one Func on both take 108 ns instead of
// 136. But every further core that updates the same line makes all updates wait
// longer, and users notice that on large machines. A Counter is not sharded,
// because Inc returns the exact new value.
//
// Lock order: first.mu, then the mutex of another shard.
type sharded[T Number] struct {
	first shard[T]
	more  atomic.Pointer[[]shard[T]] // nil until it grows; set under first.mu, then never changed
}

// shard is a distribution and its lock.
type shard[T Number] struct {
	mu         sync.Mutex
	contention int32   // guarded by mu; how often a goroutine found mu locked
	dist       Dist[T] // guarded by mu

	_ [64]byte // keeps the locks of two shards on two cache lines
}

// contentionLimit is how often goroutines must find the first shard locked
// before there are more. It keeps the memory of rarely contended distributions
// small.
const contentionLimit = 64

// grown reports whether there are more shards than the first.
func (s *sharded[T]) grown() bool { return s.more.Load() != nil }

// lock locks a shard for an update by the calling goroutine and returns it.
func (s *sharded[T]) lock() *shard[T] {
	var here byte // on the stack, which other goroutines do not share
	return s.lockFor(unsafe.Pointer(&here))
}

// lockFor is lock for updates that must not run concurrently: those of what is
// at p lock the same shard. If s grows between two of them, the second one
// locks another shard, but only after the first one has unlocked its own.
func (s *sharded[T]) lockFor(p unsafe.Pointer) *shard[T] {
	if first := &s.first; !s.grown() && first.mu.TryLock() {
		if !s.grown() { // else an update of what is at p may run in another shard
			return first
		}
		first.mu.Unlock()
	}
	return s.lockContended(addressHash(p))
}

// lockContended is lockFor for a goroutine that found the first shard locked,
// or more shards. hash is addressHash(p).
func (s *sharded[T]) lockContended(hash uint32) *shard[T] {
	if !s.grown() {
		s.first.mu.Lock()
		if s.first.contention++; s.first.contention == contentionLimit {
			s.growLocked()
		}
		if !s.grown() {
			return &s.first
		}
		s.first.mu.Unlock()
	}
	all := *s.more.Load()
	mine := &all[hash&uint32(len(all)-1)]
	mine.mu.Lock()
	return mine
}

// growLocked adds four times as many shards as there are processors, so that
// goroutines that run at once seldom share one. With half as many, two
// goroutines on two cores shared one in a quarter of all runs, which then took
// 14 ns a call instead of 5. The number is a power of two, at most 64.
func (s *sharded[T]) growLocked() {
	if s.grown() {
		return
	}
	n := 2
	for n < 4*runtime.GOMAXPROCS(0) && n < 64 {
		n *= 2
	}
	all := make([]shard[T], n)
	s.more.Store(&all)
}

// lockMerged merges all shards into the first one, locks that, and returns its
// distribution, which then has all values. It is good until unlockMerged.
func (s *sharded[T]) lockMerged() *Dist[T] {
	s.first.mu.Lock()
	if all := s.more.Load(); all != nil {
		for i := range *all {
			(*all)[i].drainInto(&s.first.dist)
		}
	}
	return &s.first.dist
}

func (s *sharded[T]) unlockMerged() { s.first.mu.Unlock() }

// drainInto moves the shard's values to d, which keeps the newer one of their
// newest values.
func (s *shard[T]) drainInto(d *Dist[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dist.Count == 0 {
		return
	}
	newest := s.dist.Recent
	if d.Count > 0 && d.sliding.CheckedAfter(&s.dist.sliding) {
		newest = d.Recent
	}
	d.Merge(&s.dist)
	d.Recent = newest
	s.dist.clear()
}

// stackHash returns a number that is most often the same for one goroutine and
// another for others: where its stack is.
func stackHash() uint32 {
	var here byte
	return addressHash(unsafe.Pointer(&here))
}

// addressHash returns a number that is most often the same for addresses near
// p.
func addressHash(p unsafe.Pointer) uint32 {
	return uint32(uint64(uintptr(p)>>11) * 0x9e3779b97f4a7c15 >> 40)
}
