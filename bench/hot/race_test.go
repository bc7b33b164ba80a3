//go:build race

package hot

// Times and allocations under the race detector are not the real ones.
const raceEnabled = true
