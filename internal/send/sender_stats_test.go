package send

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"syscall"
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
		s.Stats(func(key monkit.SeriesKey, field string, val float64) {
			if key.Measurement == sendMeasurement && val != 0 {
				got[key.Tags.Get("class")+key.Tags.Get("reason")+" "+field] = val
			}
		})
		want := map[string]float64{
			" queue_bytes": 13, " queue_chunks": 2, " pending_lines": 3, " oldest_age_seconds": 5,
			" retries": 1, " state_changes": 1, "overload errors": 1,
		}
		if !maps.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		s.Close(within(t, 0))
		if got := monkit.Collect(s)["send,destination=x dropped_bytes"]; got != 13 {
			t.Errorf("%v bytes are counted as dropped", got)
		}
		checkLedger(t, s, "accepted=3 delivered=0 dropped=3(closed=3) pending=0")
	})
}

func TestTimesAndAgesOfDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: func(n int, _ []byte) error {
			time.Sleep(time.Second)
			if n == 1 {
				return RetryAfter(time.Minute, errDown)
			}
			return nil
		}}, Options{Name: "x"})
		mustSend(t, s, "a 1\n", 1)
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		all := monkit.Collect(s)
		for name, want := range map[string]float64{
			"send_seconds,destination=x count": 2, "send_seconds,destination=x max": 1,
			"send_age,destination=x count": 1, "send_age,destination=x max": 62,
		} {
			if all[name] != want {
				t.Errorf("%s = %v, want %v", name, all[name], want)
			}
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestClassesOfErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want errorClass
	}{
		"any other":         {errDown, classNetwork},
		"refused":           {fmt.Errorf("dial: %w", syscall.ECONNREFUSED), classConnect},
		"unknown host":      {fmt.Errorf("dial: %w", &net.DNSError{IsTimeout: true}), classConnect},
		"dial":              {&net.OpError{Op: "dial", Err: errDown}, classConnect},
		"deadline":          {fmt.Errorf("write: %w", os.ErrDeadlineExceeded), classTimeout},
		"dial that is slow": {&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, classTimeout},
		"throttled":         {RetryAfter(time.Second, errDown), classOverload},
		"ambiguous":         {Ambiguous(context.DeadlineExceeded), classTimeout},
		"rejected":          {Permanent(errDown), classRejected},
		"too large":         {TooLarge(errDown), classRejected},
		"token":             {Misconfigured(Auth, 0, errDown), classAuth},
		"database":          {Misconfigured(NotFound, 0, errDown), classNotFound},
		"method":            {Misconfigured(Config, 0, errDown), classConfig},
	} {
		if got := classOf(classify(tt.err)); got != tt.want {
			t.Errorf("%s: class %s, want %s", name, classNames[got], classNames[tt.want])
		}
	}
}

func TestIsTotal(t *testing.T) {
	s := New(&fakeMessenger{}, spooled(t, t.TempDir()))
	s.Book().Accept(1)
	mustSend(t, s, "a 1\n", 1)
	if err := s.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	var gauges []string
	s.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		total, known := s.IsTotal(key, field)
		if !known {
			t.Errorf("%s is not known", key.WithField(field))
		}
		if !total && key.Measurement == sendMeasurement {
			gauges = append(gauges, field)
		}
		if key.Measurement != sendMeasurement && total != (field == "count" || field == "sum") {
			t.Errorf("%s: total is %v", key.WithField(field), total)
		}
	})
	slices.Sort(gauges)
	want := slices.Sorted(maps.Keys(levels))
	if !slices.Equal(gauges, want) {
		t.Errorf("fields that do not count up are\n%v, want\n%v", gauges, want)
	}
	for _, key := range []monkit.SeriesKey{
		monkit.NewSeriesKey("send").WithTag("destination", "y"),
		monkit.NewSeriesKey("receive").WithTag("destination", "x"),
	} {
		if _, known := s.IsTotal(key, "retries"); known {
			t.Errorf("%v is known", key)
		}
	}
	s.Close(t.Context())
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}
