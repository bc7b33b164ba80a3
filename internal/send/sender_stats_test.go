package send

import (
	"maps"
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
	mustSend(t, s, "a 1\n", 1)
	s.Close(t.Context())
	got := map[string]bool{}
	s.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		total, known := s.IsTotal(key, field)
		if !known {
			t.Errorf("%s is not known", key.WithField(field))
		}
		got[field] = total
	})
	want := map[string]bool{
		"queue_bytes": false, "queue_payloads": false, "queue_lines": false, "oldest_age_seconds": false,
		"up": false, "last_success_unix_seconds": false,
		"sent_lines": true, "sent_bytes": true, "dropped_lines": true, "retries": true, "errors": true,
	}
	if !maps.Equal(got, want) {
		t.Errorf("the fields, and whether they are totals, are\n%v, want\n%v", got, want)
	}
	for _, key := range []monkit.SeriesKey{
		monkit.NewSeriesKey("send").WithTag("destination", "y"),
		monkit.NewSeriesKey("receive").WithTag("destination", "x"),
	} {
		if _, known := s.IsTotal(key, "retries"); known {
			t.Errorf("%v is known", key)
		}
	}
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}
