package send

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

func TestStatsAllocateNothing(t *testing.T) {
	s := New(&fakeMessenger{}, Options{Name: "x"})
	mustSend(t, s, "a 1\nbb 1\n", 2)
	s.Close(t.Context())
	var sum float64
	cb := func(_ monkit.SeriesKey, _ string, val float64) { sum += val }
	if n := testing.AllocsPerRun(100, func() { s.Stats(cb) }); n != 0 {
		t.Errorf("%v allocations a walk", n)
	}
	all := monkit.Collect(s)
	for name, want := range map[string]float64{
		"send,destination=x delivered_lines": 2, "send,destination=x sent_bytes": 9, "send,destination=x queue_bytes": 0,
		"send,destination=x,reason=queue_full dropped_lines": 0, "send,destination=x up": 1,
	} {
		if got, ok := all[name]; !ok || got != want {
			t.Errorf("%s = %v, %v, want %v", name, got, ok, want)
		}
	}
	checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
}

func TestStatsWhileDeliveriesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(RetryAfter(time.Minute, errDown))}, Options{Name: "x"})
		mustSend(t, s, "a 1\nbb 1\n", 2)
		time.Sleep(3 * time.Second)
		mustSend(t, s, "c 1\n", 1)
		time.Sleep(2 * time.Second)
		got := map[string]float64{}
		s.Stats(func(_ monkit.SeriesKey, field string, val float64) { got[field] = val })
		want := map[string]float64{
			"queue_bytes": 13, "queue_chunks": 2, "redo_bytes": 0, "pending_lines": 3, "oldest_age_seconds": 5, "up": 0,
			"delivered_lines": 0, "sent_lines": 0, "recalled_lines": 0, "sent_bytes": 0, "dropped_lines": 0,
			"retries": 1, "errors": 1, "recoveries": 0,
		}
		if !maps.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		s.Close(within(t, 0))
		checkLedger(t, s, "accepted=3 delivered=0 dropped=3(closed=3) pending=0")
	})
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
		"queue_bytes": false, "queue_chunks": false, "redo_bytes": false, "pending_lines": false, "oldest_age_seconds": false,
		"delivered_lines": false, "up": false, "last_success_unix_seconds": false,
		"sent_lines": true, "recalled_lines": true, "sent_bytes": true, "dropped_lines": true,
		"retries": true, "errors": true, "recoveries": true,
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
