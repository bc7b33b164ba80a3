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
)

func TestPayloadsArriveInOrder(t *testing.T) {
	f := &fakeMessenger{}
	s := New(f, Options{Name: "x"})
	var want strings.Builder
	for i := range 100 {
		p := numbered(i, 3)
		want.Write(p)
		if err := s.Send(t.Context(), p, 3); err != nil {
			t.Fatal(err)
		}
		clear(p) // Send has copied it
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
	checkLedger(t, s, "accepted=300 delivered=300 dropped=0 pending=0")
}

func TestRetriesSendTheSameBytesWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: failFirst(12, errDown)}
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
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestBackoffStartsFromTheFirstWaitAfterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: func(n int, _ []byte) error {
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
			t.Errorf("the first retry after a success waits %v", gap)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
	})
}

func TestRetryAfterIsGrantedUpToFiveMinutes(t *testing.T) {
	for _, tt := range []struct{ asked, least, most time.Duration }{
		{time.Minute, time.Minute, time.Minute},
		{time.Hour, 5 * time.Minute, 5 * time.Minute},
		{-time.Hour, 250 * time.Millisecond, 750 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeMessenger{answer: failFirst(1, RetryAfter(tt.asked, errDown))}
			s := New(f, Options{})
			mustSend(t, s, "a 1\n", 1)
			s.Flush(t.Context())
			if gap := f.times[1].Sub(f.times[0]); gap < tt.least || gap > tt.most {
				t.Errorf("RetryAfter(%v) waits %v", tt.asked, gap)
			}
			s.Close(t.Context())
			checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
		})
	}
}

func TestOldPayloadsAreDroppedOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(errDown)}, Options{MaxAge: time.Minute})
		mustSend(t, s, "a 1\n", 1)
		time.Sleep(30 * time.Second)
		mustSend(t, s, "b 1\nc 1\n", 2)
		time.Sleep(30*time.Second + time.Millisecond)
		synctest.Wait()
		checkLedger(t, s, "accepted=3 delivered=0 dropped=1(expired=1) pending=2")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		checkLedger(t, s, "accepted=3 delivered=0 dropped=3(expired=3) pending=0")
		if err := s.Flush(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "3 lines dropped: expired=3") {
			t.Errorf("Flush: %v", err)
		}
		if err := errors.Join(s.Flush(t.Context()), s.Close(t.Context())); err != nil {
			t.Errorf("the dropped lines are returned twice: %v", err)
		}
	})
}

func TestFullQueueDropsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := false
		f := &fakeMessenger{}
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
		checkLedger(t, s, "accepted=10 delivered=0 dropped=5(queue_full=5) pending=5")
		mustSend(t, s, strings.Repeat("z", 1001), 7)
		checkLedger(t, s, "accepted=17 delivered=0 dropped=12(oversize=7,queue_full=5) pending=5")
		f.mu.Lock()
		up = true
		f.mu.Unlock()
		s.Flush(t.Context())
		if got := f.text(); !strings.HasPrefix(got, "fff") || strings.Count(got, "\n") != 5 {
			t.Errorf("got %.20q…, want f to j", got)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=17 delivered=5 dropped=12(oversize=7,queue_full=5) pending=0")
	})
}

func TestSendAcceptsNothingForAnEmptyPayloadOrAnEndedContext(t *testing.T) {
	s := New(&fakeMessenger{}, Options{})
	if err := s.Send(t.Context(), nil, 5); err != nil {
		t.Errorf("Send of no bytes: %v", err)
	}
	if err := s.Send(within(t, 0), []byte("a 1\n"), 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send with an ended context: %v", err)
	}
	checkLedger(t, s, "accepted=0 delivered=0 dropped=0 pending=0")
	if err := s.Send(t.Context(), []byte("a 1\n"), -1); err != nil {
		t.Errorf("Send of a negative number of lines: %v", err)
	}
	s.Close(t.Context())
	checkLedger(t, s, "accepted=0 delivered=0 dropped=0 pending=0")
}

// blockingMessenger blocks in each Deliver until it can receive from release.
type blockingMessenger struct {
	fakeMessenger
	release chan struct{}
}

func (m *blockingMessenger) Deliver(ctx context.Context, p []byte) error {
	<-m.release
	return m.fakeMessenger.Deliver(ctx, p)
}

func TestFullQueueKeepsThePayloadInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &blockingMessenger{release: make(chan struct{})}
		s := New(m, Options{MaxBytes: 200})
		for _, name := range []string{"a", "b", "c"} {
			mustSend(t, s, string(line100(name)), 1)
			synctest.Wait()
		}
		checkLedger(t, s, "accepted=3 delivered=0 dropped=1(queue_full=1) pending=2")
		close(m.release)
		s.Close(t.Context())
		if m.text() != string(line100("a"))+string(line100("c")) {
			t.Errorf("got %q", m.text())
		}
		checkLedger(t, s, "accepted=3 delivered=2 dropped=1(queue_full=1) pending=0")
	})
}

func TestPayloadAsLargeAsTheQueueIsSent(t *testing.T) {
	s := New(&fakeMessenger{}, Options{MaxBytes: 4})
	mustSend(t, s, "a 1\n", 1)
	s.Close(t.Context())
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}

func TestFlushDoesNotWaitForLaterPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: func(n int, _ []byte) error {
			if n == 2 {
				return nil
			}
			return errDown
		}}, Options{})
		mustSend(t, s, "a 1\n", 1)
		flushed := make(chan error)
		go func() { flushed <- s.Flush(within(t, time.Minute)) }()
		synctest.Wait()
		mustSend(t, s, "b 1\n", 1)
		if err := <-flushed; err != nil {
			t.Errorf("Flush: %v", err)
		}
		checkLedger(t, s, "accepted=2 delivered=1 dropped=0 pending=1")
		s.Close(within(t, 0))
	})
}

func TestFlushReturnsWhenSendDropsItsPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(errDown)}, Options{MaxBytes: 4})
		mustSend(t, s, "a 1\n", 1)
		flushed := make(chan error)
		go func() { flushed <- s.Flush(within(t, time.Minute)) }()
		synctest.Wait()
		start := time.Now()
		mustSend(t, s, "b 1\n", 1)
		if err := <-flushed; err == nil || time.Since(start) != 0 {
			t.Errorf("Flush returns %v after %v", err, time.Since(start))
		}
		checkLedger(t, s, "accepted=2 delivered=0 dropped=1(queue_full=1) pending=1")
		s.Close(within(t, 0))
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(errDown)}, Options{})
		mustSend(t, s, "a 1\n", 1)
		if err := s.Flush(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
			t.Errorf("Flush: %v, want the deadline and the last failure", err)
		}
		if err := s.Unavailable(); !errors.Is(err, errDown) {
			t.Errorf("Unavailable is %v", err)
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=0 pending=1")
		s.Close(within(t, 0))
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestAtMostOnceDropsAmbiguousPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: failFirst(1, Ambiguous(errDown))}
		s := New(f, Options{AtMostOnce: true})
		mustSend(t, s, "a:1|c\n", 1)
		synctest.Wait()
		mustSend(t, s, "b:1|c\n", 1)
		s.Flush(t.Context())
		s.Close(t.Context())
		if gap := f.times[1].Sub(f.times[0]); f.text() != "b:1|c\n" || gap < 250*time.Millisecond {
			t.Errorf("got %q after %v", f.text(), gap)
		}
		checkLedger(t, s, "accepted=2 delivered=1 dropped=1(ambiguous=1) pending=0")
	})
}

func TestFirstFailureAndRecoveryAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &fakeMessenger{answer: failFirst(5, errDown)}
		s := New(f, Options{Name: "carbon", Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mustSend(t, s, "a 1\n", 1)
		s.Flush(t.Context())
		s.Close(t.Context())
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "cannot send") ||
			!strings.Contains(got, "sending again") || !strings.Contains(got, "failures=5") {
			t.Errorf("log:\n%s", got)
		}
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

// A log handler may be a reporter that sends through the Sender that logs.
func TestLogHandlerMayCallTheSender(t *testing.T) {
	var s *Sender
	h := callingHandler{slog.DiscardHandler, func() { s.Ledger() }}
	s = New(&fakeMessenger{answer: always(Permanent(errDown))}, Options{Logger: slog.New(h)})
	mustSend(t, s, "a 1\n", 1)
	s.Close(t.Context())
	checkLedger(t, s, "accepted=1 delivered=0 dropped=1(rejected=1) pending=0")
}

// callingHandler calls do for each record.
type callingHandler struct {
	slog.Handler
	do func()
}

func (h callingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (h callingHandler) Handle(context.Context, slog.Record) error { h.do(); return nil }

func TestQueueKeepsItsBoundAndLedgerBalancesUnderLoad(t *testing.T) {
	const bound = 4096
	errs := []error{nil, nil, errDown, Permanent(errDown), Partial(1, errDown), Split(errDown), TooLarge(errDown), Ambiguous(errDown)}
	f := &fakeMessenger{answer: func(int, []byte) error { return errs[rand.IntN(len(errs))] }}
	s := New(f, Options{MaxBytes: bound, InitialBackoff: time.Microsecond, MaxBackoff: time.Millisecond})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				n := 1 + rand.IntN(20)
				if err := s.Send(context.Background(), numbered(rand.IntN(9), n), n); err != nil {
					t.Error(err)
				}
				if n := s.stats(time.Now()); n.QueueBytes > int64(bound) {
					t.Errorf("the queue has %d bytes, the bound is %d", n.QueueBytes, bound)
				}
				checkLedger(t, s, "")
			}
		})
	}
	wg.Go(func() { s.Flush(within(t, 50*time.Millisecond)) })
	wg.Wait()
	wg.Go(func() { s.Close(t.Context()) })
	s.Close(t.Context())
	wg.Wait()
	checkLedger(t, s, "")
	if l := s.Ledger(); l.Pending != 0 || l.Delivered == 0 {
		t.Errorf("after Close: %v", l)
	}
}
