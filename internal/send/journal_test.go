package send

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRejectionsAreCountedAndEndAFailure(t *testing.T) {
	errBad := errors.New("bad")
	for _, tt := range []struct {
		name     string
		err      error
		payload  string
		log      string // of the rejection
		recovers bool   // the peer has responded
		want     string
	}{
		{"permanent", Permanent(errBad), "a 1\nb 1\n", "lines=2 reasons=\"rejected=2\" err=bad", true, "accepted=2 delivered=0 dropped=2(rejected=2) pending=0"},
		{"partial", Partial(1, errBad), "a 1\nb 1\n", "lines=1 reasons=\"rejected=1\" err=bad", true, "accepted=2 delivered=1 dropped=1(rejected=1) pending=0"},
		{"split, one line", Split(errBad), "a 1\n", "lines=1 reasons=\"rejected=1\" err=bad", true, "accepted=1 delivered=0 dropped=1(rejected=1) pending=0"},
		{"too large, one line", TooLarge(errBad), "a 1\n", "lines=1 reasons=\"oversize=1\" err=bad", true, "accepted=1 delivered=0 dropped=1(oversize=1) pending=0"},
		{"oversize", Oversize(errBad), "a 1\nb 1\n", "lines=2 reasons=\"oversize=2\" err=bad", false, "accepted=2 delivered=0 dropped=2(oversize=2) pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logText
				f := &fakeMessenger{answer: func(n int, _ []byte) error {
					if n == 1 {
						return errDown
					}
					return tt.err
				}}
				s := New(f, Options{Name: "x", Logger: slog.New(slog.NewTextHandler(&log, nil))})
				mustSend(t, s, tt.payload, strings.Count(tt.payload, "\n"))
				if err := s.Flush(within(t, time.Minute)); err == nil || !strings.Contains(err.Error(), "dropped") || !errors.Is(err, errBad) {
					t.Errorf("Flush: %v, want the dropped lines and the rejection", err)
				}
				synctest.Wait()
				h := s.retry.snapshot()
				if h.failures != 1 || h.rejections != 1 || !errors.Is(h.last, errBad) {
					t.Errorf("%d failures, %d rejections, last %v, want 1, 1 and %v", h.failures, h.rejections, h.last, errBad)
				}
				if recovered := h.failure() == nil; recovered != tt.recovers {
					t.Errorf("recovered is %v, want %v", recovered, tt.recovers)
				}
				if !strings.Contains(log.String(), "destination=x "+tt.log) || strings.Contains(log.String(), "sending again") != tt.recovers {
					t.Errorf("log:\n%s", log.String())
				}
				s.Close(t.Context())
				checkLedger(t, s, tt.want)
			})
		})
	}
}

func TestRecoveryLogsFailuresAndLinesDroppedSinceTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logText
		f := &fakeMessenger{answer: func(n int, _ []byte) error {
			switch {
			case n == 1:
				return Permanent(errDown)
			case n < 5:
				return errDown
			}
			return nil
		}}
		s := New(f, Options{MaxBytes: 200, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for _, name := range []string{"a", "b", "c", "d"} { // a is rejected before the first failure, b is dropped for d
			mustSend(t, s, string(line100(name)), 1)
			synctest.Wait()
		}
		s.Flush(t.Context())
		s.Close(t.Context())
		if !strings.Contains(log.String(), `msg="sending again"`) || !strings.Contains(log.String(), "failures=3 dropped=1\n") {
			t.Errorf("log:\n%s", log.String())
		}
		checkLedger(t, s, "accepted=4 delivered=2 dropped=2(queue_full=1,rejected=1) pending=0")
	})
}

// records returns the lines of the log without time, level and destination.
func records(log string) (all []string) {
	for line := range strings.Lines(log) {
		_, text, _ := strings.Cut(line, "msg=")
		all = append(all, strings.ReplaceAll(strings.TrimSpace(text), " destination=x", ""))
	}
	return all
}

// newLogged returns a Sender named x, and its log.
func newLogged(f Transport, o Options) (*Sender, *logText) {
	log := &logText{}
	o.Name, o.Logger = "x", slog.New(slog.NewTextHandler(log, nil))
	return New(f, o), log
}

func TestDroppedLinesAreLoggedOnceAMinuteAndWhenTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: func(_ int, p []byte) error {
			if strings.HasPrefix(string(p), "bad") {
				return Permanent(errDown)
			}
			return nil
		}}
		s, log := newLogged(f, Options{})
		for range 6 { // after 0, 25, 50, 75, 100 and 125 seconds
			mustSend(t, s, "bad 1\n", 1)
			time.Sleep(25 * time.Second)
		}
		if s.Unavailable() == nil {
			t.Error("the destination is available although lines are dropped")
		}
		time.Sleep(time.Hour)
		if err := s.Unavailable(); err != nil {
			t.Errorf("the destination is unavailable an hour after: %v", err)
		}
		text := `"lines were dropped; the next record of that comes in a minute"`
		want := []string{
			text + ` lines=1 reasons="rejected=1" err=down`,
			text + ` lines=2 reasons="rejected=2" err=down`,
			text + ` lines=2 reasons="rejected=2" err=down`,
			text + ` lines=1 reasons="rejected=1" err=down`,
			`"no lines were dropped for a minute" dropped=6`,
		}
		if got := records(log.String()); !slices.Equal(got, want) {
			t.Errorf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=6 delivered=0 dropped=6(rejected=6) pending=0")
	})
}

func TestDropsOfAFullQueueAreLoggedWhileTheDestinationIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: func(int, []byte) error { time.Sleep(time.Second); return nil }}
		s, log := newLogged(f, Options{MaxBytes: 1000})
		for range 50 {
			mustSend(t, s, string(line100("a")), 1)
			time.Sleep(100 * time.Millisecond)
		}
		if got := records(log.String()); len(got) != 1 || !strings.Contains(got[0], "queue_full") {
			t.Errorf("log:\n%s", log)
		}
		if s.Unavailable() == nil {
			t.Error("the destination is available although lines are dropped")
		}
		err := s.Close(t.Context())
		if l := s.Ledger(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d lines dropped: queue_full", l.Dropped.Sum())) {
			t.Errorf("Close: %v", err)
		}
		checkLedger(t, s, "")
	})
}

func TestDestinationThatFailsAgainAndAgainIsLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(7 * time.Minute)
		f := &fakeMessenger{answer: func(n int, _ []byte) error {
			if n%2 == 1 && time.Now().Before(end) {
				return errDown
			}
			return nil
		}}
		s, log := newLogged(f, Options{InitialBackoff: time.Millisecond})
		for time.Now().Before(end.Add(5 * time.Minute)) {
			mustSend(t, s, "a 1\n", 1)
			time.Sleep(time.Second)
		}
		got := records(log.String())
		if len(got) < 8 || len(got) > 11 {
			t.Errorf("%d records in 7 minutes of failures and 5 without", len(got))
		}
		if !strings.Contains(got[0], "cannot send") || !strings.Contains(got[3], "again and again") || !strings.Contains(got[3], "recoveries=60") ||
			!strings.Contains(got[len(got)-1], "sending again") {
			t.Errorf("log:\n%s", strings.Join(got, "\n"))
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=720 delivered=720 dropped=0 pending=0")
	})
}

func TestDeadDestinationIsLoggedEveryTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newLogged(&fakeMessenger{answer: always(errDown)}, Options{MaxAge: 24 * time.Hour})
		mustSend(t, s, "a 1\n", 1)
		time.Sleep(time.Hour + time.Minute)
		got := records(log.String())
		if len(got) != 7 || got[0] != `"cannot send; retrying" err=down` || !strings.Contains(got[6], "still cannot send; retrying") || !strings.Contains(got[6], "since=") {
			t.Errorf("log:\n%s", strings.Join(got, "\n"))
		}
		s.Close(within(t, 0))
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestRecoveryIsLoggedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newLogged(&fakeMessenger{answer: failFirst(3, errDown)}, Options{})
		mustSend(t, s, "a 1\n", 1)
		s.Flush(t.Context())
		synctest.Wait()
		if got := records(log.String()); len(got) != 2 || !strings.Contains(got[1], "sending again") || !strings.HasSuffix(got[1], "failures=3 dropped=0") {
			t.Errorf("log:\n%s", log)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestLoggerThatIsSetLaterIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var own, later logText
		for _, o := range []Options{{}, {Logger: slog.New(slog.NewTextHandler(&own, nil))}} {
			s := New(&fakeMessenger{answer: always(errDown)}, o)
			s.SetLogger(slog.New(slog.NewTextHandler(&later, nil)))
			mustSend(t, s, "a 1\n", 1)
			s.Close(within(t, time.Second))
			checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
		}
		if n := strings.Count(later.String(), "cannot send"); n != 1 {
			t.Errorf("the later logger has %d records, want that of the Sender without its own", n)
		}
		if n := strings.Count(own.String(), "cannot send"); n != 1 {
			t.Errorf("its own logger has %d records", n)
		}
	})
}
