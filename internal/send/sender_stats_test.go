package send

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
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
			" queue_bytes": 13, " queue_max_bytes": 32 << 20, " queue_chunks": 2, " pending_lines": 3, " oldest_age_seconds": 5,
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

// senderStats returns the SenderStats of s.
func senderStats(t *testing.T, s *Sender) ledger.SenderStats {
	t.Helper()
	st, ok := s.SenderStats()
	if !ok {
		t.Fatal("there are no SenderStats")
	}
	if err := st.Ledger.Check(); err != nil {
		t.Error(err)
	}
	return st
}

// A number that is in a series and not in SenderStats, or the other way round, would
// be known to a page or to a program alone.
func TestSenderStatsHaveWhatTheSeriesShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		s := New(&fakeMessenger{answer: func(n int, p []byte) error {
			time.Sleep(time.Second)
			if strings.Contains(string(p), "bad") {
				return Permanent(errDown)
			}
			return g.answer(n, p)
		}}, spooled(t, t.TempDir()))
		defer time.Sleep(2 * time.Second) // for the last delivery, which ignores its context
		defer func() { s.Close(within(t, time.Second)) }()
		accepted(t, s, 0, 5, 20)
		synctest.Wait() // so that the next line is a chunk of its own
		s.Book().Accept(1)
		mustSend(t, s, "bad\n", 1)
		time.Sleep(3 * time.Second)
		g.open.Store(true)
		if err := s.Flush(t.Context()); err == nil {
			t.Error("Flush does not return that a line was rejected")
		}
		g.open.Store(false)
		accepted(t, s, 5, 3, 10)
		time.Sleep(5 * time.Second)
		st := senderStats(t, s)
		want := map[string]float64{
			"queue_bytes": float64(st.QueueBytes), "queue_max_bytes": float64(st.QueueMaxBytes), "queue_chunks": float64(st.QueueChunks),
			"redo_bytes": float64(st.RedoBytes), "pending_lines": float64(st.Ledger.Pending), "oldest_age_seconds": st.OldestAge.Seconds(),
			"delivered_lines": float64(st.Ledger.Delivered), "sent_lines": float64(st.SentLines), "recalled_lines": float64(st.Ledger.Recalled),
			"sent_bytes": float64(st.SentBytes), "retries": float64(st.Retries), "dropped_bytes": float64(st.DroppedBytes),
			"state_changes": float64(st.StateChanges), "up": oneIf(st.Unavailable == nil), "last_success_unix_seconds": float64(st.LastSuccess.Unix()),
			"dropped_lines": float64(st.Ledger.Dropped.Sum()), "errors": float64(st.Errors.Sum()),
			"spool_up": oneIf(st.Spool.Up), "spool_bytes": float64(st.Spool.Bytes), "spool_max_bytes": float64(st.Spool.MaxBytes),
			"spool_lines": float64(st.Spool.Lines), "spool_oldest_age_seconds": st.Spool.OldestAge.Seconds(),
			"spool_redelivered_lines": float64(st.Spool.RedeliveredLines), "spool_damaged_lines": float64(st.Spool.DamagedLines),
			"spool_errors":       float64(st.Spool.Errors),
			"send_seconds count": float64(st.SendTime.Count), "send_seconds max": st.SendTime.Max.Seconds(), "send_seconds r99": st.SendTime.P99.Seconds(),
			"send_age count": float64(st.Age.Count), "send_age sum": st.Age.Sum.Seconds(), "send_age r50": st.Age.P50.Seconds(),
		}
		got := map[string]float64{}
		s.Stats(func(key monkit.SeriesKey, field string, val float64) {
			if name := key.Measurement + " " + field; key.Measurement == sendMeasurement {
				got[field] += val
			} else if _, compared := want[name]; compared {
				got[name] = val
			}
		})
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 } // durations are whole nanoseconds
		if !maps.EqualFunc(got, want, same) {
			t.Errorf("the series have\n%v\nand the stats\n%v", got, want)
		}
		for _, name := range []string{"queue_bytes", "errors", "retries", "dropped_lines", "state_changes", "oldest_age_seconds", "spool_bytes", "send_age r50"} {
			if want[name] == 0 {
				t.Errorf("%s is 0, so that nothing was compared", name)
			}
		}
	})
}

func TestSenderStatsSayHowTheDestinationIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := New(&fakeMessenger{answer: func(n int, _ []byte) error {
			switch n {
			case 1:
				return Misconfigured(Auth, 0, errDown)
			case 3:
				return Permanent(errors.New("no number"))
			}
			return nil
		}}, Options{Name: "x", MaxBytes: 1 << 20, MaxAge: time.Hour})
		mustSend(t, s, "a 1\n", 1)
		time.Sleep(10 * time.Second)
		st := senderStats(t, s)
		if st.Destination != "x" || !st.FailingSince.Equal(start) || !errors.Is(st.LastError, errDown) || !errors.Is(st.Unavailable, errDown) || !st.LastSuccess.IsZero() {
			t.Errorf("while it fails: %+v", st)
		}
		if st.QueueBytes != 4 || st.QueueMaxBytes != 1<<20 || st.MaxAge != time.Hour || st.OldestAge != 10*time.Second || st.Spool.Dir != "" {
			t.Errorf("the queue while it fails: %+v", st)
		}
		if st.Errors != (ledger.SendErrors{Auth: 1}) || st.Retries != 1 {
			t.Errorf("errors: %+v", st.Errors)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		st = senderStats(t, s)
		if !st.FailingSince.IsZero() || st.Unavailable != nil || !errors.Is(st.LastError, errDown) || !st.LastSuccess.Equal(time.Now()) || st.StateChanges != 2 {
			t.Errorf("after it recovered: %+v", st)
		}
		mustSend(t, s, "b x\n", 1)
		s.Flush(t.Context())
		st = senderStats(t, s)
		if st.Unavailable == nil || st.LastRejection == nil || st.LastRejection.Error() != "no number" || st.Ledger.Dropped[ledger.Rejected] != 1 {
			t.Errorf("after a rejection: %+v", st)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=2 delivered=1 dropped=1(rejected=1) pending=0")
	})
}

// Every field that a transport emits has a place in TransportStats.
func TestTransportStatsHaveEveryField(t *testing.T) {
	for _, addr := range []string{"tcp://127.0.0.1:1", "unix:///s", "udp://127.0.0.1:1", "unixgram:///s", "http://127.0.0.1:1/"} {
		tr := open(t, addr, DialOptions{})
		for _, field := range fields(tr) {
			var st ledger.TransportStats
			if *transportStat(&st, field) = 7; st == (ledger.TransportStats{}) {
				t.Errorf("%s: %s is not in the stats", addr, field)
			}
		}
		tr.Close()
	}
}

func TestCrashLossIsInTheSenderStats(t *testing.T) {
	earlier := t.TempDir()
	if err := os.Mkdir(filepath.Join(earlier, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	book, err := ledger.OpenBook(filepath.Join(earlier, "book"), "x")
	if err != nil {
		t.Fatal(err)
	}
	book.Accept(7) // in memory, when the process was killed
	dir := copyTree(t, earlier)
	book.Close()
	s := New(&fakeMessenger{}, spooled(t, dir))
	if err := s.Flush(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
	if st := senderStats(t, s); st.Ledger.Dropped[ledger.Crash] != 7 || st.Spool.Dir != dir || !st.Spool.Up || st.Spool.MaxBytes == 0 {
		t.Errorf("stats: %+v", st)
	}
	s.Close(t.Context())
	checkLedger(t, s, "accepted=7 delivered=0 dropped=7(crash=7) pending=0")
}

// A program that flushes and then looks must see what became of its lines.
func TestStatsAreThereWhenFlushReturns(t *testing.T) {
	for _, tr := range []Transport{&fakeMessenger{}, newDyingStream()} {
		s := New(tr, Options{Name: "x"})
		for i := range 200 {
			before := time.Now()
			mustSend(t, s, "a 1\n", 1)
			if err := s.Flush(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
			if st := senderStats(t, s); st.LastSuccess.Before(before) {
				t.Fatalf("%T: after Flush %d the last success is %v ago", tr, i, time.Since(st.LastSuccess))
			}
		}
		s.Close(within(t, time.Second))
		checkLedger(t, s, "accepted=200 delivered=200 dropped=0 pending=0")
	}
}

// What a Pusher drops is in the same book, so its reasons have series too.
func TestEveryReasonOfADestinationIsInItsSeries(t *testing.T) {
	s := New(&fakeMessenger{}, fast)
	defer s.Close(t.Context())
	all := []ledger.Reason{
		ledger.NotFinite, ledger.Unsupported, ledger.NameCollision, ledger.SeriesLimit, ledger.SendFailed,
		ledger.QueueFull, ledger.Expired, ledger.Rejected, ledger.Oversize, ledger.Ambiguous, ledger.Closed, ledger.NoBuffer,
		ledger.SpoolFull, ledger.DiskError, ledger.Corrupt, ledger.Crash,
	}
	for _, r := range all {
		s.Book().Accept(1)
		s.Book().Drop(r, 1)
	}
	shown := map[ledger.Reason]float64{}
	s.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if field == "dropped_lines" {
			shown[ledger.Reason(key.Tags.Get("reason"))] += val
		}
	})
	for _, r := range all {
		if shown[r] != 1 {
			t.Errorf("%s: %v lines are shown, 1 was dropped", r, shown[r])
		}
	}
	checkLedger(t, s, "")
}
