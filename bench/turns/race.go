//go:build race

package turns

// raceEnabled turns limits off, because the race detector changes times and
// allocations.
const raceEnabled = true
