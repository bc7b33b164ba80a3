package send

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

func TestPayloadsArriveInOrder(t *testing.T) {
	f := &fake{}
	s := New(f, Options{Name: "x"})
	var want strings.Builder
	for i := range 100 {
		p := numbered(i, 3)
		want.Write(p)
		mustSend(t, s, string(p), 3)
		clear(p) // it was copied
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.text() != want.String() {
		t.Errorf("got %q", f.text())
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkLaw(t, s, "accepted=300 delivered=300 dropped=0 pending=0")
}

func TestRetriesSendTheSameBytesWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(n int, _ []byte) error {
			if n <= 12 {
				return errDown
			}
			return nil
		}}
		s := New(f, Options{Name: "x"})
		mustSend(t, s, "a 1\n", 1)
		if err := s.Flush(within(t, 9*time.Minute)); err != nil {
			t.Fatal(err)
		}
		base := 500 * time.Millisecond
		for i := 1; i < len(f.times); i++ {
			gap := f.times[i].Sub(f.times[i-1])
			if gap < base/2 || gap > base+base/2+time.Millisecond {
				t.Errorf("attempt %d after %v, want %v ± half", i+1, gap, base)
			}
			base = min(2*base, 30*time.Second)
			if f.attempts[i] != f.attempts[0] {
				t.Errorf("attempt %d sends %q", i+1, f.attempts[i])
			}
		}
		if s.Unavailable() != nil {
			t.Errorf("unavailable after success: %v", s.Unavailable())
		}
		s.Close(t.Context())
		checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestBackoffStartsAnewAfterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(n int, _ []byte) error {
			if n == 7 || n > 8 {
				return nil
			}
			return errDown
		}}
		s := New(f, Options{})
		mustSend(t, s, "a 1\n", 1)
		s.Flush(t.Context())
		mustSend(t, s, "b 1\n", 1)
		s.Flush(t.Context())
		if gap := f.times[8].Sub(f.times[7]); gap > time.Second {
			t.Errorf("first retry after a success waits %v", gap)
		}
		s.Close(t.Context())
		checkLaw(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
	})
}

func TestRetryAfterIsHeededAndClamped(t *testing.T) {
	for _, tt := range []struct{ asked, least, most time.Duration }{
		{time.Minute, time.Minute, time.Minute},
		{time.Hour, 5 * time.Minute, 5 * time.Minute},
		{-time.Hour, 250 * time.Millisecond, 750 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answer: func(n int, _ []byte) error {
				if n == 1 {
					return RetryAfter(tt.asked, errDown)
				}
				return nil
			}}
			s := New(f, Options{})
			mustSend(t, s, "a 1\n", 1)
			s.Flush(t.Context())
			if gap := f.times[1].Sub(f.times[0]); gap < tt.least || gap > tt.most {
				t.Errorf("RetryAfter(%v) waits %v", tt.asked, gap)
			}
			s.Close(t.Context())
			checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
		})
	}
}

func TestOldPayloadsAreDroppedOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(int, []byte) error { return errDown }}
		s := New(f, Options{MaxAge: time.Minute})
		mustSend(t, s, "a 1\n", 1)
		time.Sleep(30 * time.Second)
		mustSend(t, s, "b 1\nc 1\n", 2)
		time.Sleep(30*time.Second + time.Millisecond)
		synctest.Wait()
		checkLaw(t, s, "accepted=3 delivered=0 dropped=1(expired=1) pending=2")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		checkLaw(t, s, "accepted=3 delivered=0 dropped=3(expired=3) pending=0")
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		s.Close(t.Context())
	})
}

func TestFullQueueDropsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := false
		f := &fake{}
		f.answer = func(int, []byte) error {
			if up {
				return nil
			}
			return errDown
		}
		s := New(f, Options{MaxBytes: 1000})
		for i := range 10 {
			p := strings.Repeat(string(rune('a'+i)), 199) + "\n"
			mustSend(t, s, p, 1)
			synctest.Wait()
		}
		checkLaw(t, s, "accepted=10 delivered=0 dropped=5(queue_full=5) pending=5")
		mustSend(t, s, strings.Repeat("z", 1001), 7)
		checkLaw(t, s, "accepted=17 delivered=0 dropped=12(oversize=7,queue_full=5) pending=5")
		f.mu.Lock()
		up = true
		f.mu.Unlock()
		s.Flush(t.Context())
		if got := f.text(); !strings.HasPrefix(got, "fff") || strings.Count(got, "\n") != 5 {
			t.Errorf("got %.20q…, want f to j", got)
		}
		s.Close(t.Context())
		checkLaw(t, s, "accepted=17 delivered=5 dropped=12(oversize=7,queue_full=5) pending=0")
	})
}

func TestCloseWhileDownDropsAndJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fake{answer: func(int, []byte) error { return errDown }}, Options{Name: "x"})
		mustSend(t, s, "a 1\nb 1\n", 2)
		start := time.Now()
		err := s.Close(within(t, time.Second))
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
			t.Errorf("Close: %v, want the deadline and what went wrong", err)
		}
		if took := time.Since(start); took > time.Second+joinTime {
			t.Errorf("Close took %v", took)
		}
		if again := s.Close(t.Context()); again == nil || again.Error() != err.Error() {
			t.Errorf("second Close: %v", again)
		}
		if err := s.Send(t.Context(), []byte("c 1\n"), 1); !errors.Is(err, ErrClosed) {
			t.Errorf("Send after Close: %v", err)
		}
		checkLaw(t, s, "accepted=2 delivered=0 dropped=2(closed=2) pending=0")
	})
}

func TestCloseTriesAtOnceWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(n int, _ []byte) error {
			if n < 8 {
				return errDown
			}
			return nil
		}}
		s := New(f, Options{InitialBackoff: time.Minute, MaxBackoff: time.Minute})
		mustSend(t, s, "a 1\n", 1)
		for f.count() < 7 {
			time.Sleep(time.Second)
		}
		if err := s.Close(within(t, time.Second)); err != nil {
			t.Error(err)
		}
		checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

// deaf is a transport that heeds no context.
type deaf struct{ release chan struct{} }

func (d deaf) Deliver(context.Context, []byte) error { <-d.release; return nil }
func (d deaf) Close() error                          { return nil }

func TestCloseDoesNotWaitForADeafTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deaf{make(chan struct{})}
		s := New(d, Options{})
		mustSend(t, s, "a 1\n", 1)
		start := time.Now()
		if err := s.Close(within(t, time.Second)); err == nil {
			t.Error("Close returned nil")
		}
		if took := time.Since(start); took > time.Second+joinTime {
			t.Errorf("Close took %v", took)
		}
		close(d.release)
		synctest.Wait()
		checkLaw(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestWhatALoggerHeardIsNotSaidAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := New(&fake{answer: func(int, []byte) error { return errDown }}, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mustSend(t, s, "a 1\n", 1)
		synctest.Wait()
		if err := s.Unavailable(); err != nil || !strings.Contains(log.String(), errDown.Error()) {
			t.Errorf("Unavailable is %v, and logged was %q", err, log.String())
		}
		s.Close(within(t, 0))
		checkLaw(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fake{answer: func(int, []byte) error { return errDown }}, Options{})
		mustSend(t, s, "a 1\n", 1)
		if err := s.Flush(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
			t.Errorf("Flush: %v", err)
		}
		if err := s.Unavailable(); !errors.Is(err, errDown) {
			t.Errorf("Unavailable is %v", err)
		}
		checkLaw(t, s, "accepted=1 delivered=0 dropped=0 pending=1")
		s.Close(within(t, 0))
		checkLaw(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestOnceDropsWhatMayHaveArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(n int, _ []byte) error {
			if n == 1 {
				return Ambiguous(errDown)
			}
			return nil
		}}
		s := New(f, Options{AtMostOnce: true})
		mustSend(t, s, "a:1|c\n", 1)
		mustSend(t, s, "b:1|c\n", 1)
		s.Close(t.Context())
		if f.text() != "b:1|c\n" {
			t.Errorf("got %q", f.text())
		}
		checkLaw(t, s, "accepted=2 delivered=1 dropped=1(ambiguous=1) pending=0")
	})
}

func TestFailureIsToldOnceAndRecoveryToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &fake{answer: func(n int, _ []byte) error {
			if n < 6 {
				return errDown
			}
			return nil
		}}
		s := New(f, Options{Name: "carbon", Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mustSend(t, s, "a 1\n", 1)
		s.Flush(t.Context())
		s.Close(t.Context())
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "cannot send") ||
			!strings.Contains(got, "sending again") || !strings.Contains(got, "failures=5") {
			t.Errorf("log:\n%s", got)
		}
		checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

// A log handler may be a reporter that sends through us.
func TestLoggingHoldsNoLock(t *testing.T) {
	var s *Sender
	h := handler{slog.DiscardHandler, func() { s.Ledger() }}
	f := &fake{answer: func(int, []byte) error { return Permanent(errDown) }}
	s = New(f, Options{Logger: slog.New(h)})
	mustSend(t, s, "a 1\n", 1)
	s.Close(t.Context())
	checkLaw(t, s, "accepted=1 delivered=0 dropped=1(rejected=1) pending=0")
}

type handler struct {
	slog.Handler
	do func()
}

func (h handler) Enabled(context.Context, slog.Level) bool  { return true }
func (h handler) Handle(context.Context, slog.Record) error { h.do(); return nil }

// Whatever happens at once, the queue stays below its bound and the law holds.
func TestBoundAndLawUnderLoad(t *testing.T) {
	const bound = 4096
	errs := []error{nil, nil, errDown, Permanent(errDown), Partial(1, errDown), Split(errDown), TooLarge(errDown), Ambiguous(errDown)}
	f := &fake{answer: func(int, []byte) error { return errs[rand.IntN(len(errs))] }}
	s := New(f, Options{MaxBytes: bound, InitialBackoff: time.Microsecond, MaxBackoff: time.Millisecond})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				n := 1 + rand.IntN(20)
				if err := s.Send(context.Background(), numbered(rand.IntN(9), n), n); err != nil {
					t.Error(err)
				}
				if n := s.snapshot(); n.bytes > bound {
					t.Errorf("%d bytes wait, the bound is %d", n.bytes, bound)
				}
				checkLaw(t, s, "")
			}
		})
	}
	wg.Go(func() { s.Flush(within(t, 50*time.Millisecond)) })
	wg.Wait()
	wg.Go(func() { s.Close(t.Context()) })
	s.Close(t.Context())
	wg.Wait()
	checkLaw(t, s, "")
	if l := s.Ledger(); l.Pending != 0 || l.Delivered == 0 {
		t.Errorf("after Close: %v", l)
	}
}

func TestStatsAllocateNothing(t *testing.T) {
	s := New(&fake{}, Options{Name: "x"})
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
	checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}

func TestIsTotal(t *testing.T) {
	s := New(&fake{}, Options{Name: "x"})
	s.Close(t.Context())
	levels := map[string]bool{"queue_bytes": true, "queue_payloads": true, "queue_lines": true, "oldest_age_seconds": true, "up": true}
	s.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		if total, known := s.IsTotal(key, field); !known || total == levels[field] {
			t.Errorf("%s: total is %v, known %v", key.WithField(field), total, known)
		}
	})
	if _, known := s.IsTotal(monkit.NewSeriesKey("send").WithTag("destination", "y"), "retries"); known {
		t.Errorf("it knows of another destination")
	}
}
