//go:build race

package hot

// raceEnabled turns limits off, because the race detector changes times and
// allocations.
const raceEnabled = true
