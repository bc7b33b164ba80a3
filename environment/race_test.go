//go:build race

package environment

// raceAllocs is one because a read under the race detector moves its buffer to the
// heap.
const raceAllocs = 1
