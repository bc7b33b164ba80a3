package hot

import (
	"sync"
	"time"
)

// Floors do only what every implementation has to do. They take the place of
// monkit in a pair. Better code cannot be faster, so the distance between the
// ratio of a pair and that of its floor bounds what optimization could gain.

var (
	epoch   = time.Now()
	elapsed time.Duration
	spans   *[10]*int
	pairOf  [3]*[2]*int
	lock    sync.Mutex
	value   int64 // guarded by lock
)

// storedFloor does what a run of a Task in a variable needs. It allocates the
// ctx and err of the caller, which the compiler moves to the heap, a span, which
// lives as long as a context, and the function that ends it. It reads the clock
// at the start and at the end.
func storedFloor() {
	for i := range pairOf {
		pairOf[i] = new([2]*int)
	}
	spans = new([10]*int)
	elapsed = time.Since(epoch)
	elapsed = time.Since(epoch) - elapsed
}

// timerFloor reads the clock twice and records the difference under a lock.
func timerFloor() {
	elapsed = time.Since(epoch)
	elapsed = time.Since(epoch) - elapsed
	lock.Lock()
	value = int64(elapsed)
	lock.Unlock()
}

// intFloor records the value under a lock.
func intFloor() {
	lock.Lock()
	value = 12345
	lock.Unlock()
}
