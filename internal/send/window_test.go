package send

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
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
	loses    bool               // Reset loses what is not acknowledged; else the peer gets it
	tries    func(n int) int    // how many of n bytes TryWrite takes; nil takes none

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
	if !f.isOpen {
		return 0
	}
	f.acked += rand.IntN(f.written - f.acked + 1) // since the last call of Unacked
	if f.loses {
		f.conns[len(f.conns)-1] = f.conns[len(f.conns)-1][:f.acked]
	}
	f.isOpen = false
	return f.written - f.acked
}

func (f *fakeStream) Finish() error { return nil }
func (f *fakeStream) Close() error  { return nil }

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
			f := &fakeStream{capacity: breaksFirst(5, capacity), loses: capacity%2 == 0, tries: takesPart}
			s := New(f, Options{})
			var want []string
			for i := range 5 {
				p := string(numbered(3*i, 3))
				want = append(want, strings.Split(strings.TrimSuffix(p, "\n"), "\n")...)
				mustSend(t, s, p, 3)
				if i%2 == capacity%4/2 {
					synctest.Wait() // so that a later payload is tried while a connection is open
				}
			}
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
			checkLedgerWithRecalls(t, s, "accepted=15 delivered=15 dropped=0 pending=0")
		})
	}
}

func TestWindowWithAtMostOnceSendsNoLineTwice(t *testing.T) {
	for capacity := range 300 {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeStream{capacity: breaksFirst(3, capacity), tries: takesPart}
			s := New(f, Options{AtMostOnce: true})
			for i := range 10 {
				mustSend(t, s, fmt.Sprintf("%d\n%s", i, numbered(i, 1)), 2)
				if i%3 == 0 {
					synctest.Wait() // so that later payloads join another chunk
				}
			}
			if err := s.Close(within(t, time.Minute)); errors.Is(err, context.DeadlineExceeded) {
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

func TestAtMostOnceDropsPartOfALineWithoutAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeStream{capacity: breaksFirst(1, 2)}
		s := New(f, Options{AtMostOnce: true})
		mustSend(t, s, "abc", 1)
		s.Close(within(t, time.Minute))
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(ambiguous=1) pending=0")
	})
}

func TestPayloadLargerThanTheWindowIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeStream{capacity: unlimited}, Options{})
		mustSend(t, s, strings.Repeat("x", maxWindow)+"\n", 1)
		if err := s.Close(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newPolledStream()
		s := New(f, Options{})
		for range 16 {
			mustSend(t, s, strings.Repeat("x\n", 500_000), 500_000)
		}
		time.Sleep(time.Second)
		f.mu.Lock()
		if f.written != 4_000_000 {
			t.Errorf("%d bytes were written, want the 4 payloads that fit into 4 MiB", f.written)
		}
		f.mu.Unlock()
		s.Close(within(t, time.Second))
		checkLedger(t, s, "accepted=8000000 delivered=0 dropped=8000000(closed=8000000) pending=0")
	})
}

// polledStream is a fakeStream whose peer acknowledges as many bytes as the test
// says. It counts the calls of Unacked.
type polledStream struct {
	*fakeStream
	polls int // guarded by mu
	acks  int // guarded by mu; bytes
}

func newPolledStream() *polledStream {
	return &polledStream{fakeStream: &fakeStream{capacity: unlimited}}
}

func (p *polledStream) Unacked() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	return p.written - p.acks, nil
}

func (p *polledStream) acknowledge(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acks = bytes
}

// countPolls returns the number of polls during d.
func (p *polledStream) countPolls(d time.Duration) int {
	p.mu.Lock()
	before := p.polls
	p.mu.Unlock()
	time.Sleep(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls - before
}

func TestSmallWindowIsPolledOftenOnlyDuringFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newPolledStream()
		s := New(f, Options{})
		mustSend(t, s, "x\n", 1)
		if n := f.countPolls(time.Second + 10*time.Millisecond); n > 25 { // the next poll is 40 ms away
			t.Errorf("%d polls in a second, want at most one in 50 ms", n)
		}
		start := time.Now()
		time.AfterFunc(3*time.Millisecond, func() { f.acknowledge(2) })
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

func TestHalfFullWindowIsPolledOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newPolledStream()
		s := New(f, Options{})
		mustSend(t, s, strings.Repeat("x", maxWindow/2-1)+"\n", 1)
		synctest.Wait()
		time.Sleep(3 * time.Millisecond)
		f.acknowledge(maxWindow / 2)
		time.Sleep(5 * time.Millisecond)
		checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
		s.Close(within(t, time.Second))
	})
}

func TestPollsBecomeRareUntilTheNextAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newPolledStream()
		s := New(f, Options{})
		mustSend(t, s, "x\n", 1)
		synctest.Wait()
		mustSend(t, s, "y\n", 1)
		flushed := make(chan error)
		go func() { flushed <- s.Flush(within(t, time.Minute)) }()
		if n := f.countPolls(time.Second); n < 20 || n > 30 {
			t.Errorf("%d polls in a second without an acknowledgement, want 20 to 30", n)
		}
		f.acknowledge(2)
		for s.Ledger().Delivered == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(3 * time.Millisecond)
		f.acknowledge(4)
		start := time.Now()
		if err := <-flushed; err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > 10*time.Millisecond {
			t.Errorf("Flush noticed the second acknowledgement only after %v", d)
		}
		s.Close(within(t, time.Second))
		checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
	})
}

// failingStream is a fakeStream whose Unacked blocks until release is closed,
// and then fails.
type failingStream struct {
	*fakeStream
	release chan struct{}
}

func (f failingStream) Unacked() (int, error) { <-f.release; return 0, errDown }

func TestStreamThatFailsAfterCloseIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logText
		f := failingStream{&fakeStream{capacity: unlimited}, make(chan struct{})}
		s := New(f, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mustSend(t, s, "x\n", 1)
		synctest.Wait()
		s.Close(within(t, 0))
		close(f.release)
		synctest.Wait()
		if strings.Contains(log.String(), "cannot send") {
			t.Errorf("log:\n%s", log.String())
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}

// dyingStream is a fakeStream whose peer acknowledges everything at once, and
// dies when die is called: its connection fails then, with all that it took.
type dyingStream struct {
	*fakeStream
	died bool // guarded by mu
}

func newDyingStream() *dyingStream {
	return &dyingStream{fakeStream: &fakeStream{capacity: unlimited}}
}

func (d *dyingStream) die() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.died = true
}

func (d *dyingStream) Unacked() (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.died {
		return 0, errDown
	}
	return 0, nil
}

func (d *dyingStream) Reset() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.isOpen, d.died = false, false
	return 0
}

func TestAcknowledgedLinesAreSentAgainIfThePeerDies(t *testing.T) {
	for _, tt := range []struct {
		name  string
		o     Options
		after time.Duration // from the acknowledgement to the death
		want  []string      // what the connections took
	}{
		{"at once", Options{}, 0, []string{"a 1\nb 1\n", "a 1\nb 1\n"}},
		{"within ten seconds", Options{}, 9 * time.Second, []string{"a 1\nb 1\n", "a 1\nb 1\n"}},
		{"later", Options{}, 12 * time.Second, []string{"a 1\nb 1\n"}},
		{"statsd", Options{AtMostOnce: true}, 0, []string{"a 1\nb 1\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDyingStream()
				s := New(d, tt.o)
				mustSend(t, s, "a 1\n", 1)
				synctest.Wait()
				mustSend(t, s, "b 1\n", 1)
				if err := s.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
				time.Sleep(tt.after)
				d.die()
				time.Sleep(5 * time.Second)
				d.mu.Lock()
				got := slices.Clone(d.conns)
				d.mu.Unlock()
				if !slices.Equal(got, tt.want) {
					t.Errorf("the connections took %q, want %q", got, tt.want)
				}
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				want := "accepted=2 delivered=2 dropped=0 pending=0"
				if len(tt.want) > 1 {
					want += " recalled=2"
				}
				checkLedger(t, s, want)
			})
		})
	}
}

func TestPeerThatDiesAgainAndAgainGetsLinesForTenSecondsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDyingStream()
		s := New(d, Options{MaxBackoff: 100 * time.Millisecond})
		mustSend(t, s, "a 1\n", 1)
		for range 60 {
			time.Sleep(time.Second)
			d.die()
		}
		d.mu.Lock()
		n := len(d.conns)
		d.mu.Unlock()
		if n < 5 || n > 11 {
			t.Errorf("the line was sent %d times", n)
		}
		s.Close(t.Context())
		checkLedgerWithRecalls(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
	})
}

func TestRecalledLinesOfADeadPeerAreDroppedByClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDyingStream()
		s := New(d, Options{})
		mustSend(t, s, "a 1\n", 1)
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		d.capacity = func(int) int { return 0 } // no later connection takes anything
		d.die()
		time.Sleep(3 * time.Second)
		if err := s.Close(within(t, time.Second)); err == nil {
			t.Error("Close returns nil")
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0 recalled=1")
	})
}

// resetStream is a dyingStream that dies when it is closed.
type resetStream struct{ *dyingStream }

func (r resetStream) Close() error { return errDown }

func TestConnectionThatFailsWhenItIsClosedLosesWhatItAcknowledged(t *testing.T) {
	for _, atMostOnce := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := New(resetStream{newDyingStream()}, Options{Name: "x", AtMostOnce: atMostOnce})
			mustSend(t, s, "a 1\n", 1)
			err := s.Close(t.Context())
			if atMostOnce {
				checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
				return
			}
			if err == nil || err.Error() != "send to x: 1 lines dropped: down" {
				t.Errorf("Close() = %v", err)
			}
			checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0 recalled=1")
		})
	}
}
