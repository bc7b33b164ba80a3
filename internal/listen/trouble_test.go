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

// failing is a listener that has no descriptors left for a while.
type failing struct {
	net.Listener
	times int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.times--; f.times >= 0 {
		return nil, errors.New("too many open files")
	}
	if f.times == -1 {
		conn, _ := net.Pipe()
		return conn, nil
	}
	return nil, net.ErrClosed
}

func TestTroubleIsToldOnceAndTriedAgainEverMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l := &Listener{name: "it", stream: &failing{times: 10}, opts: Options{MaxConns: -1, Logger: slog.New(slog.NewTextHandler(&log, nil))}}
		began := time.Now()
		if err := l.acceptUntil(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("it ended with %v", err)
		}
		// 5, 10, 20, … 640 ms, then a second each
		if d := time.Since(began); d != (5*255+2*1000)*time.Millisecond {
			t.Errorf("it took %v", d)
		}
		if n := strings.Count(log.String(), "accepting connections failed"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
		if !strings.Contains(log.String(), "works again") || !strings.Contains(log.String(), "failures=10") {
			t.Errorf("the end is not told:\n%s", log.String())
		}
		if n := l.counts.troubles.Load(); n != 10 {
			t.Errorf("counted %d", n)
		}
	})
}

func TestTheEndComesInTheMidstOfTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		l := &Listener{stream: &failing{times: 1 << 30}, opts: Options{}.withDefaults()}
		began := time.Now()
		if err := l.acceptUntil(ctx); err != nil || time.Since(began) != time.Minute {
			t.Errorf("it ended after %v with %v", time.Since(began), err)
		}
	})
}
