package send

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestCloseDropsAndJoinsWhileDeliveriesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(errDown)}, Options{Name: "x"})
		mustSend(t, s, "a 1\nb 1\n", 2)
		start := time.Now()
		err := s.Close(within(t, time.Second))
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
			t.Errorf("Close: %v, want the deadline and the last failure", err)
		}
		if d := time.Since(start); d > time.Second+joinTime {
			t.Errorf("Close took %v", d)
		}
		if again := s.Close(t.Context()); again == nil || again.Error() != err.Error() {
			t.Errorf("second Close: %v", again)
		}
		if err := s.Send(t.Context(), []byte("c 1\n"), 1); !errors.Is(err, ErrClosed) {
			t.Errorf("Send after Close: %v", err)
		}
		checkLedger(t, s, "accepted=2 delivered=0 dropped=2(closed=2) pending=0")
	})
}

func TestCloseSkipsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: failFirst(7, errDown)}
		s := New(f, Options{InitialBackoff: time.Minute, MaxBackoff: time.Minute})
		mustSend(t, s, "a 1\n", 1)
		for f.count() < 7 {
			time.Sleep(time.Second)
		}
		if err := s.Close(within(t, time.Second)); err != nil {
			t.Error(err)
		}
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

// stuckMessenger ignores its context until release is closed.
type stuckMessenger struct{ release chan struct{} }

func (m stuckMessenger) Deliver(context.Context, []byte) error { <-m.release; return nil }
func (m stuckMessenger) Close() error                          { return nil }

func TestCloseDoesNotWaitForATransportThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := stuckMessenger{make(chan struct{})}
		s := New(m, Options{})
		mustSend(t, s, "a 1\n", 1)
		start := time.Now()
		if err := s.Close(within(t, time.Second)); err == nil {
			t.Error("Close returned nil")
		}
		if d := time.Since(start); d > time.Second+joinTime {
			t.Errorf("Close took %v", d)
		}
		close(m.release)
		synctest.Wait()
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}
