package listen

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a listener whose first accepts fail, as they do when there are no
// file descriptors left.
type failing struct {
	net.Listener
	times int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.times--; f.times >= 0 {
		return nil, errors.New("too many open files")
	}
	if f.times == -1 {
		conn, other := net.Pipe()
		other.Close()
		return conn, nil
	}
	return nil, net.ErrClosed
}

func TestFailuresAreLoggedOnceAndRetriedMoreAndMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l := newUnbound(Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		l.stream = &failing{times: 10}
		began := time.Now()
		if err := l.repeat(t.Context(), l.connections(t.Context())); !errors.Is(err, net.ErrClosed) {
			t.Errorf("repeat() = %v", err)
		}
		l.serving.Wait()
		// 5, 10, 20, … 640 ms, then a second each
		if d := time.Since(began); d != (5*255+2*1000)*time.Millisecond {
			t.Errorf("it took %v", d)
		}
		if n := strings.Count(log.String(), "accepting connections failed"); n != 1 {
			t.Errorf("the failure is logged %d times:\n%s", n, log.String())
		}
		if !strings.Contains(log.String(), "works again") || !strings.Contains(log.String(), "failures=10") || !strings.Contains(log.String(), "after=3.275s") {
			t.Errorf("the recovery is not logged:\n%s", log.String())
		}
		if n := l.counts.errors.Load(); n != 10 {
			t.Errorf("counted %d errors, want 10", n)
		}
	})
}

func TestRetrierStartsFromTheBeginningAfterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := retrier{log: slog.New(slog.NewTextHandler(&log, nil)), what: "trying"}
		for range 2 {
			began := time.Now()
			r.failed(t.Context(), errors.New("no"))
			r.failed(t.Context(), errors.New("no"))
			r.succeeded()
			r.succeeded()
			time.Sleep(time.Minute)
			if d := time.Since(began) - time.Minute; d != 3*minPause {
				t.Errorf("two failures took %v, want %v", d, 3*minPause)
			}
		}
		if n, m := strings.Count(log.String(), "failed"), strings.Count(log.String(), "works again"); n != 2 || m != 2 {
			t.Errorf("logged %d failures, %d recoveries:\n%s", n, m, log.String())
		}
	})
}

// A call that fails and works in turns, as accepts do at the limit of descriptors, is
// logged once a minute.
func TestFailuresThatComeAndGoAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := retrier{log: slog.New(slog.NewTextHandler(&log, nil)), what: "trying"}
		for range 2 {
			for range 100 {
				r.failed(t.Context(), errors.New("no"))
				r.succeeded()
			}
			time.Sleep(time.Minute)
		}
		if n, m := strings.Count(log.String(), "failed"), strings.Count(log.String(), "works again"); n != 2 || m != 2 || !strings.Contains(log.String(), "more=99") {
			t.Errorf("logged %d failures, %d recoveries:\n%s", n, m, log.String())
		}
	})
}

func TestEndOfContextEndsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		l := newUnbound(Options{})
		l.stream = &failing{times: 1 << 30}
		began := time.Now()
		if err := l.repeat(ctx, l.connections(ctx)); err != nil || time.Since(began) != time.Minute {
			t.Errorf("it ended after %v with %v", time.Since(began), err)
		}
	})
}
