package send

import (
	"time"

	"monkit.example/internal/spool"
)

// recordTimes knows what the wall clock, which a record has its time from, cannot
// have been: it may be set between the writing and the reading.
type recordTimes struct {
	began time.Time // of the process, with the monotonic clock; before each chunk
	first uint64    // number of the first record that this process writes
}

// since returns since when the chunk of a record waits. That is not after now; and
// a record of this process is not older than the process, so that a board that
// boots in 1970 and then sets its clock does not drop what it wrote before as
// expired.
func (t recordTimes) since(rec spool.Record, now time.Time) time.Time {
	at := rec.Time
	if at.After(now) {
		at = now
	}
	if age := now.Sub(t.began); rec.Seq >= t.first && now.Sub(at) > age {
		at = now.Add(-age)
	}
	return at
}
