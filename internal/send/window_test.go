package send

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a Stream whose peer reads what it likes and when. It keeps what was
// read from each connection apart.
type wire struct {
	budget func(conn int) int // bytes that connection takes before it breaks; <0: no end

	mu      sync.Mutex
	conns   []string // guarded by mu
	left    int      // guarded by mu
	written int      // guarded by mu; since Reset
	acked   int      // guarded by mu
	live    bool     // guarded by mu
}

func (w *wire) Write(_ context.Context, p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.live {
		w.live = true
		w.left = w.budget(len(w.conns))
		w.conns = append(w.conns, "")
		w.written, w.acked = 0, 0
	}
	n := len(p)
	if w.left >= 0 && n > w.left {
		n = w.left
	}
	w.conns[len(w.conns)-1] += string(p[:n])
	w.written += n
	if w.left >= 0 {
		w.left -= n
	}
	if n < len(p) {
		return n, errDown
	}
	return n, nil
}

// Unacked moves on by some bytes at each call.
func (w *wire) Unacked() (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := w.written - w.acked; n > 0 {
		w.acked += 1 + rand.IntN(n)
	}
	return w.written - w.acked, nil
}

func (w *wire) Reset() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.live = false
	return w.written - w.acked
}

func (w *wire) Close() error { return nil }

// lines counts the whole lines of all connections; a last line without end is
// what a peer throws away.
func (w *wire) lines() map[string]int {
	all := map[string]int{}
	for _, c := range w.conns {
		for line := range strings.Lines(c) {
			if strings.HasSuffix(line, "\n") {
				all[line]++
			}
		}
	}
	return all
}

func TestWindowResendsWholeLinesAndLosesNone(t *testing.T) {
	for budget := range 300 {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{budget: func(conn int) int {
				if conn < 5 {
					return budget
				}
				return -1
			}}
			s := New(w, Options{})
			want := sendNumbered(t, s, 5, 3)
			if err := s.Close(within(t, time.Minute)); err != nil {
				t.Fatal(err)
			}
			got := w.lines()
			for _, line := range want {
				if got[line+"\n"] == 0 {
					t.Errorf("budget %d: %q is missing", budget, line)
				}
			}
			if len(got) != len(want) {
				t.Errorf("budget %d: lines that nobody sent: %q", budget, w.conns)
			}
			checkLaw(t, s, "accepted=15 delivered=15 dropped=0 pending=0")
		})
	}
}

// With Once nothing comes twice, and what is counted as delivered has come.
func TestWindowWithOnceSendsNothingTwice(t *testing.T) {
	for budget := range 300 {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{budget: func(conn int) int {
				if conn < 3 {
					return budget
				}
				return -1
			}}
			s := New(w, Options{AtMostOnce: true})
			sendNumbered(t, s, 5, 3)
			if err := s.Close(within(t, time.Minute)); err != nil {
				t.Fatal(err)
			}
			got := w.lines()
			for line, n := range got {
				if n > 1 {
					t.Errorf("budget %d: %q came %d times", budget, line, n)
				}
			}
			if l := s.Ledger(); l.Delivered > int64(len(got)) {
				t.Errorf("budget %d: %d lines came, the ledger says %v", budget, len(got), l)
			}
			checkLaw(t, s, "")
		})
	}
}

func TestWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{budget: func(int) int { return -1 }}
		s := New(stuck{w}, Options{})
		for range 16 {
			mustSend(t, s, strings.Repeat("x\n", 500_000), 500_000)
		}
		time.Sleep(time.Second)
		w.mu.Lock()
		if w.written > maxWindow {
			t.Errorf("%d bytes are under way, want at most %d", w.written, maxWindow)
		}
		w.mu.Unlock()
		s.Close(within(t, time.Second))
		checkLaw(t, s, "accepted=8000000 delivered=0 dropped=8000000(closed=8000000) pending=0")
	})
}

// stuck is a wire whose peer acknowledges nothing.
type stuck struct{ *wire }

func (s stuck) Unacked() (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.written, nil }

// asked is a wire whose peer acknowledges when it is told to, and which counts
// how often it was asked.
type asked struct {
	*wire
	times int  // guarded by mu
	acks  bool // guarded by mu
}

func (a *asked) Unacked() (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times++
	if a.acks {
		return 0, nil
	}
	return a.written, nil
}

func TestWindowIsPolledSoonOnlyForThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &asked{wire: &wire{budget: func(int) int { return -1 }}}
		s := New(w, Options{})
		mustSend(t, s, "x\n", 1)
		time.Sleep(time.Second)
		w.mu.Lock()
		if w.times > 25 {
			t.Errorf("asked %d times in a second, want at most each 50 ms", w.times)
		}
		w.mu.Unlock()

		start := time.Now()
		time.AfterFunc(3*time.Millisecond, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.acks = true
		})
		if err := s.Flush(within(t, time.Second)); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 10*time.Millisecond {
			t.Errorf("Flush saw an acknowledgement of 3 ms after %v", d)
		}
		s.Close(within(t, time.Second))
		checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}
