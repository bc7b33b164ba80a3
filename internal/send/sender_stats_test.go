package send

import (
	"testing"

	"monkit.example/monkit"
)

func TestStatsAllocateNothing(t *testing.T) {
	s := New(&fakeMessenger{}, Options{Name: "x"})
	mustSend(t, s, "a 1\n", 1)
	s.Close(t.Context())
	var sum float64
	cb := func(_ monkit.SeriesKey, _ string, val float64) { sum += val }
	if n := testing.AllocsPerRun(100, func() { s.Stats(cb) }); n != 0 {
		t.Errorf("%v allocations a walk", n)
	}
	all := monkit.Collect(s)
	for name, want := range map[string]float64{
		"send,destination=x sent_lines": 1, "send,destination=x sent_bytes": 4, "send,destination=x queue_bytes": 0,
		"send,destination=x,reason=queue_full dropped_lines": 0, "send,destination=x up": 1,
	} {
		if got, ok := all[name]; !ok || got != want {
			t.Errorf("%s = %v, %v, want %v", name, got, ok, want)
		}
	}
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}

func TestIsTotal(t *testing.T) {
	s := New(&fakeMessenger{}, Options{Name: "x"})
	s.Close(t.Context())
	levels := map[string]bool{"queue_bytes": true, "queue_payloads": true, "queue_lines": true, "oldest_age_seconds": true, "up": true}
	s.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		if total, known := s.IsTotal(key, field); !known || total == levels[field] {
			t.Errorf("%s: total is %v, known %v", key.WithField(field), total, known)
		}
	})
	if _, known := s.IsTotal(monkit.NewSeriesKey("send").WithTag("destination", "y"), "retries"); known {
		t.Errorf("the series of another destination is known")
	}
}
