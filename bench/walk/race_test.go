//go:build race

package walk

// raceEnabled turns limits off, because the race detector changes times and
// allocations.
const raceEnabled = true
