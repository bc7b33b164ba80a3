package hot

import (
	"sync"
	"time"
)

// Floors are what no implementation can do without, in the place of ours: what
// is between them and a pair's ratio is all that better code could gain.

var (
	epoch   = time.Now()
	elapsed time.Duration
	spans   *[10]*int
	pairOf  [3]*[2]*int
	lock    sync.Mutex
)

// storedFloor is what a Task in a variable needs: the ctx and err of its
// caller, which the compiler must move to the heap, a span that lives as long
// as a context, the function that ends it, and when both happen.
func storedFloor() {
	for i := range pairOf {
		pairOf[i] = new([2]*int)
	}
	spans = new([10]*int)
	elapsed = time.Since(epoch)
	elapsed = time.Since(epoch) - elapsed
}

// timerFloor is two looks at the clock, and a lock for what they tell.
func timerFloor() {
	elapsed = time.Since(epoch)
	elapsed = time.Since(epoch) - elapsed
	lock.Lock()
	lock.Unlock()
}

// intFloor is a lock for the value.
func intFloor() {
	lock.Lock()
	lock.Unlock()
}
