//go:build race

package ledger

// raceDetector is set if atomic operations run in the race detector, which a
// fault in mapped memory ends.
const raceDetector = true
