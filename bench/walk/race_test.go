//go:build race

package walk

// Times and allocations under the race detector are not the real ones.
const raceEnabled = true
