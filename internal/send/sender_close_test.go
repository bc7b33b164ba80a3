package send

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestCloseDropsAndJoinsWhileDeliveriesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logText
		s := New(&fakeMessenger{answer: always(errDown)}, Options{Name: "x", Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mustSend(t, s, "a 1\nb 1\n", 2)
		start := time.Now()
		err := s.Close(within(t, time.Second))
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
			t.Errorf("Close: %v, want the deadline and the last failure", err)
		}
		if want := "send to x: 2 lines dropped: context deadline exceeded (last failure: down)"; err.Error() != want {
			t.Errorf("Close: %v\n want: %s", err, want)
		}
		if !strings.Contains(log.String(), `msg="closed before all lines were sent" destination=x dropped=2`) {
			t.Errorf("log:\n%s", log.String())
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

func TestCloseSkipsTheBackoffWhileAFlushWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: failFirst(1, errDown)}, Options{InitialBackoff: time.Minute, MaxBackoff: time.Minute})
		mustSend(t, s, "a 1\n", 1)
		flushed := make(chan error)
		go func() { flushed <- s.Flush(t.Context()) }()
		synctest.Wait()
		if err := s.Close(within(t, time.Second)); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-flushed; err != nil {
			t.Errorf("Flush: %v", err)
		}
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestCloseDoesNotSkipAWaitThatThePeerAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: always(RetryAfter(time.Minute, errDown))}
		s := New(f, Options{})
		mustSend(t, s, "a 1\n", 1)
		synctest.Wait()
		if err := s.Close(within(t, 10*time.Second)); !errors.Is(err, errDown) {
			t.Errorf("Close: %v", err)
		}
		if f.count() != 1 {
			t.Errorf("%d attempts in the minute of the peer", f.count())
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestFlushReturnsWhenCloseDropsItsPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(errDown)}, Options{Name: "x"})
		mustSend(t, s, "a 1\n", 1)
		flushed := make(chan error)
		go func() { flushed <- s.Flush(t.Context()) }()
		synctest.Wait()
		s.Close(within(t, time.Second))
		if err := <-flushed; err == nil || err.Error() != "send to x: 1 lines dropped: closed=1" {
			t.Errorf("Flush: %v", err)
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

func TestLaterCloseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{answer: always(errDown)}, Options{Name: "x"})
		mustSend(t, s, "a 1\n", 1)
		closed := make(chan error)
		go func() { closed <- s.Close(within(t, time.Minute)) }()
		synctest.Wait()
		want := "send to x: 1 lines pending in another Close: context deadline exceeded (last failure: down)"
		if err := s.Close(within(t, time.Second)); err == nil || err.Error() != want {
			t.Errorf("later Close: %v\n want: %s", err, want)
		}
		if err := <-closed; err == nil {
			t.Error("the first Close returned nil")
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
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
		if d := time.Since(start); d != time.Second+100*time.Millisecond {
			t.Errorf("Close took %v, want the second of its context and 100 ms", d)
		}
		close(m.release)
		synctest.Wait()
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

// slowMessenger needs a while to return after its context has ended.
type slowMessenger struct{ wait time.Duration }

func (m slowMessenger) Deliver(ctx context.Context, _ []byte) error {
	<-ctx.Done()
	time.Sleep(m.wait)
	return ctx.Err()
}

func (m slowMessenger) Close() error { return nil }

func TestCloseJoinsATransportThatReturnsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(slowMessenger{99 * time.Millisecond}, Options{})
		mustSend(t, s, "a 1\n", 1)
		synctest.Wait()
		s.Close(within(t, 0))
		select {
		case <-s.done:
		default:
			t.Error("the goroutine has not returned when Close returns")
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

// lingeringMessenger has a Close that blocks until Abort.
type lingeringMessenger struct {
	fakeMessenger
	aborted chan struct{}
}

func (m *lingeringMessenger) Close() error { <-m.aborted; return nil }
func (m *lingeringMessenger) Abort()       { close(m.aborted) }

func TestCloseAbortsALingeringTransportWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&lingeringMessenger{aborted: make(chan struct{})}, Options{})
		mustSend(t, s, "a 1\n", 1)
		start := time.Now()
		if err := s.Close(within(t, time.Second)); err != nil {
			t.Errorf("Close: %v, although all lines were delivered", err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("Close took %v, want the second of its context", d)
		}
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}
