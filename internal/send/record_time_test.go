package send

import (
	"testing"
	"time"

	"monkit.example/internal/spool"
)

// gnocchi#307 and chronos#85: an NTP client sets the clock of a board without a
// battery, from 1970 to the present, while lines wait on disk.
func TestAgeOfARecordIsBoundedWhateverItsClockWas(t *testing.T) {
	began := time.Now()
	now := began.Add(time.Hour)
	times := recordTimes{began: began, first: 100}
	for _, tt := range []struct {
		name string
		seq  uint64
		at   time.Time // as the record has it
		want time.Duration
	}{
		{"of this process", 100, now.Add(-time.Minute), time.Minute},
		{"of this process, of a clock in 1970", 100, time.Unix(0, 0), time.Hour},
		{"of this process, of a clock ahead", 101, now.Add(time.Hour), 0},
		{"of an earlier one", 99, now.Add(-48 * time.Hour), 48 * time.Hour},
		{"of an earlier one, of a clock ahead", 99, now.Add(time.Hour), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := spool.Record{Meta: spool.Meta{Time: tt.at.Round(0)}, Seq: tt.seq}
			if got := now.Sub(times.since(rec, now)); got != tt.want {
				t.Errorf("it waits for %v, want %v", got, tt.want)
			}
		})
	}
}
