package send

import (
	"errors"
	"log/slog"
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
		{"permanent", Permanent(errBad), "a 1\nb 1\n", "lines=2 err=bad", true, "accepted=2 delivered=0 dropped=2(rejected=2) pending=0"},
		{"partial", Partial(1, errBad), "a 1\nb 1\n", "lines=1 err=bad", true, "accepted=2 delivered=1 dropped=1(rejected=1) pending=0"},
		{"split, one line", Split(errBad), "a 1\n", "lines=1 err=bad", true, "accepted=1 delivered=0 dropped=1(rejected=1) pending=0"},
		{"too large, one line", TooLarge(errBad), "a 1\n", "lines=1 err=bad", true, "accepted=1 delivered=0 dropped=1(oversize=1) pending=0"},
		{"oversize", Oversize(errBad), "a 1\nb 1\n", "lines=2 err=bad", false, "accepted=2 delivered=0 dropped=2(oversize=2) pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				f := &fakeMessenger{answer: func(n int, _ []byte) error {
					if n == 1 {
						return errDown
					}
					return tt.err
				}}
				s := New(f, Options{Name: "x", Logger: slog.New(slog.NewTextHandler(&log, nil))})
				mustSend(t, s, tt.payload, strings.Count(tt.payload, "\n"))
				if err := s.Flush(within(t, time.Minute)); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				h := s.snapshot().health
				if h.errors != 2 || h.retries != 1 || h.last != errBad {
					t.Errorf("%d errors, %d retries, last failure %v, want 2, 1 and %v", h.errors, h.retries, h.last, errBad)
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

func TestRejectionsAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := New(&fakeMessenger{answer: always(Permanent(errDown))}, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for i, want := range []int{1, 1, 2, 2} { // after 0, 45, 90 and 135 seconds
			mustSend(t, s, "a 1\n", 1)
			synctest.Wait()
			if got := strings.Count(log.String(), "lines were rejected"); got != want {
				t.Errorf("after %d rejections %d are logged, want %d", i+1, got, want)
			}
			time.Sleep(45 * time.Second)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=4 delivered=0 dropped=4(rejected=4) pending=0")
	})
}

func TestRecoveryLogsFailuresAndLinesDroppedSinceTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
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
