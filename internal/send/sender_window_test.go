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

// fakeStream is a Stream whose connections break after a number of bytes. The
// peer acknowledges a random number of bytes at each call of Unacked.
type fakeStream struct {
	capacity func(conn int) int // bytes that a connection takes before it breaks; negative is no limit

	mu      sync.Mutex
	conns   []string // guarded by mu, as all below; what each connection took
	left    int      // of capacity
	written int      // since Reset
	acked   int      // since Reset
	isOpen  bool
}

func unlimited(int) int { return -1 }

// breaksFirst returns the same capacity for the first n connections, and no
// limit for later ones.
func breaksFirst(n, capacity int) func(int) int {
	return func(conn int) int {
		if conn < n {
			return capacity
		}
		return -1
	}
}

func (f *fakeStream) Write(_ context.Context, p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.isOpen {
		f.isOpen = true
		f.left = f.capacity(len(f.conns))
		f.conns = append(f.conns, "")
		f.written, f.acked = 0, 0
	}
	n := len(p)
	if f.left >= 0 && n > f.left {
		n = f.left
	}
	f.conns[len(f.conns)-1] += string(p[:n])
	f.written += n
	if f.left >= 0 {
		f.left -= n
	}
	if n < len(p) {
		return n, errDown
	}
	return n, nil
}

func (f *fakeStream) Unacked() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.written - f.acked; n > 0 {
		f.acked += 1 + rand.IntN(n)
	}
	return f.written - f.acked, nil
}

func (f *fakeStream) Reset() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.isOpen = false
	return f.written - f.acked
}

func (f *fakeStream) Close() error { return nil }

// lines counts the whole lines of all connections. A peer ignores the start of
// a line at the end of a connection.
func (f *fakeStream) lines() map[string]int {
	all := map[string]int{}
	for _, c := range f.conns {
		for line := range strings.Lines(c) {
			if strings.HasSuffix(line, "\n") {
				all[line]++
			}
		}
	}
	return all
}

func TestWindowSendsWholeLinesAgainAndLosesNone(t *testing.T) {
	for capacity := range 300 {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeStream{capacity: breaksFirst(5, capacity)}
			s := New(f, Options{})
			want := sendNumbered(t, s, 5, 3)
			if err := s.Close(within(t, time.Minute)); err != nil {
				t.Fatal(err)
			}
			got := f.lines()
			for _, line := range want {
				if got[line+"\n"] == 0 {
					t.Errorf("capacity %d: %q is missing", capacity, line)
				}
			}
			if len(got) != len(want) {
				t.Errorf("capacity %d: lines arrived that were not sent: %q", capacity, f.conns)
			}
			checkLedger(t, s, "accepted=15 delivered=15 dropped=0 pending=0")
		})
	}
}

func TestWindowWithAtMostOnceSendsNoLineTwice(t *testing.T) {
	for capacity := range 300 {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeStream{capacity: breaksFirst(3, capacity)}
			s := New(f, Options{AtMostOnce: true})
			sendNumbered(t, s, 5, 3)
			if err := s.Close(within(t, time.Minute)); err != nil {
				t.Fatal(err)
			}
			got := f.lines()
			for line, n := range got {
				if n > 1 {
					t.Errorf("capacity %d: %q arrived %d times", capacity, line, n)
				}
			}
			if l := s.Ledger(); l.Delivered > int64(len(got)) {
				t.Errorf("capacity %d: %d lines arrived, the ledger is %v", capacity, len(got), l)
			}
			checkLedger(t, s, "")
		})
	}
}

func TestWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &polledStream{fakeStream: &fakeStream{capacity: unlimited}}
		s := New(f, Options{})
		for range 16 {
			mustSend(t, s, strings.Repeat("x\n", 500_000), 500_000)
		}
		time.Sleep(time.Second)
		f.mu.Lock()
		if f.written > maxWindow {
			t.Errorf("%d bytes are not acknowledged, want at most %d", f.written, maxWindow)
		}
		f.mu.Unlock()
		s.Close(within(t, time.Second))
		checkLedger(t, s, "accepted=8000000 delivered=0 dropped=8000000(closed=8000000) pending=0")
	})
}

// polledStream is a fakeStream whose peer acknowledges nothing, or everything
// if acks is set. It counts the calls of Unacked.
type polledStream struct {
	*fakeStream
	polls int  // guarded by mu
	acks  bool // guarded by mu
}

func (p *polledStream) Unacked() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	if p.acks {
		return 0, nil
	}
	return p.written, nil
}

func TestWindowIsPolledOftenOnlyDuringFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &polledStream{fakeStream: &fakeStream{capacity: unlimited}}
		s := New(f, Options{})
		mustSend(t, s, "x\n", 1)
		time.Sleep(time.Second)
		f.mu.Lock()
		if f.polls > 25 {
			t.Errorf("%d polls in a second, want at most one in 50 ms", f.polls)
		}
		f.mu.Unlock()

		start := time.Now()
		time.AfterFunc(3*time.Millisecond, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.acks = true
		})
		if err := s.Flush(within(t, time.Second)); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 10*time.Millisecond {
			t.Errorf("Flush noticed an acknowledgement after 3 ms only after %v", d)
		}
		s.Close(within(t, time.Second))
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}
