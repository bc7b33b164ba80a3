//go:build race

package environment

// The race detector is told of what is read from files, for which the buffer
// moves to the heap.
const raceAllocs = 1
