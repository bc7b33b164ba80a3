package send

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

func TestNoLineIsLostBetweenMemoryAndDisk(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			dir, accept := t.TempDir(), 0
			want := map[string]bool{}
			got := map[string]bool{}
			for range 4 { // runs
				capacities := rand.New(rand.NewPCG(seed, rnd.Uint64())) // the Sender's goroutine uses it
				d := &dyingStream{fakeStream: &fakeStream{tries: takesPart, capacity: func(int) int {
					if capacities.IntN(3) == 0 {
						return -1
					}
					return capacities.IntN(100_000)
				}}}
				o := spooled(t, dir)
				o.MaxBackoff = time.Second
				s := New(d, o)
				for range 30 {
					n := rnd.IntN(200)
					for _, line := range accepted(t, s, accept, n, 50+rnd.IntN(500)) {
						want[line] = true
					}
					accept += n
					time.Sleep(time.Duration(rnd.IntN(500)) * time.Millisecond)
					synctest.Wait()
					checkDisk(t, s)
					if rnd.IntN(10) == 0 {
						d.die()
					}
				}
				s.Close(within(t, time.Duration(rnd.IntN(2000))*time.Millisecond))
				if l := s.Ledger(); l.Check() != nil || l.Dropped.Sum() != 0 {
					t.Fatalf("seed %d: %v", seed, l)
				}
				d.mu.Lock()
				for line := range d.lines() {
					got[line] = true
				}
				d.mu.Unlock()
			}
			f := &fakeMessenger{}
			s := New(f, spooled(t, dir))
			if err := errors.Join(s.Flush(within(t, time.Minute)), s.Close(t.Context())); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			for line := range strings.Lines(f.text()) {
				got[line] = true
			}
			if l := s.Ledger(); l.Check() != nil || l.Pending != 0 || l.Delivered != int64(accept) {
				t.Errorf("seed %d: %v", seed, l)
			}
			lost := slices.Collect(maps.Keys(want))
			lost = slices.DeleteFunc(lost, func(line string) bool { return got[line] })
			if len(lost) > 0 {
				t.Errorf("seed %d: %d of %d lines are lost", seed, len(lost), len(want))
			}
		})
	}
}

// checkDisk compares what the queue thinks is on disk with what is there. The
// keeper must be idle.
func checkDisk(t *testing.T, s *Sender) {
	t.Helper()
	k := s.keeper
	if k.spool == nil {
		return
	}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	copies := s.queue.disk.lines
	for _, st := range s.queue.unsettledLocked() {
		for i := range st.n {
			if c := st.at(i); c.spoolSeq > 0 {
				copies += c.lines
			}
		}
	}
	if n := s.queue.book.OnDisk(); n != int64(copies) {
		t.Fatalf("%d pending lines are on disk, and the book has %d", copies, n)
	}
	known := s.queue.disk.writing.lines
	for _, lines := range k.copies {
		known += lines
	}
	for _, lines := range k.settled {
		known += lines
	}
	if st := k.spool.Stats(); int(st.Unread.Lines)-known != s.queue.disk.lines {
		t.Fatalf("%d lines are on disk, of which %d are in memory or settled, and the queue counts %d on disk alone", st.Unread.Lines, known, s.queue.disk.lines)
	}
}

func TestSearchesAndTheSpoolLoseNoLine(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			dir, n := t.TempDir(), 0
			good, got := map[string]bool{}, map[string]bool{}
			waits := rand.New(rand.NewPCG(seed, 3)) // the Sender's goroutine uses it
			run := func(f *fakeMessenger, sends int, close time.Duration) {
				s := New(delayed{f, func() time.Duration { return time.Duration(waits.IntN(400)) * time.Millisecond }}, spooled(t, dir))
				for range sends {
					var payload string
					for range 1 + rnd.IntN(100) {
						line := fmt.Sprintf("good%d\n", n)
						if rnd.IntN(200) == 0 {
							line = fmt.Sprintf("bad%d\n", n)
						} else {
							good[line] = true
						}
						payload += line
						n++
					}
					lines := strings.Count(payload, "\n")
					s.Book().Accept(int64(lines))
					mustSend(t, s, payload, lines)
					time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond)
					synctest.Wait()
					checkDisk(t, s)
				}
				if sends == 0 {
					s.Flush(within(t, time.Hour))
				}
				s.Close(within(t, close))
				for line := range strings.Lines(f.text()) {
					got[line] = true
				}
				l := s.Ledger()
				if l.Check() != nil || l.Dropped.Sum() != l.Dropped[ledger.Rejected] || sends == 0 && l.Pending != 0 {
					t.Fatalf("seed %d: %v", seed, l)
				}
			}
			answers := rand.New(rand.NewPCG(seed, 2)) // the Sender's goroutine uses it
			flaky := func(n int, p []byte) error {
				switch answers.IntN(3) {
				case 0:
					return errDown
				case 1:
					return Ambiguous(errDown)
				}
				return rejectWith("bad", Split(errDown))(n, p)
			}
			for range 3 {
				run(&fakeMessenger{answer: flaky}, 20, time.Duration(rnd.IntN(1000))*time.Millisecond)
			}
			run(&fakeMessenger{answer: rejectWith("bad", Split(errDown))}, 0, time.Hour)
			lost := 0
			for line := range good {
				if !got[line] {
					lost++
				}
			}
			if lost > 0 {
				t.Errorf("seed %d: %d of %d good lines are lost", seed, lost, len(good))
			}
		})
	}
}

// delayed is a Messenger that waits before each delivery.
type delayed struct {
	Messenger
	wait func() time.Duration
}

func (d delayed) Deliver(ctx context.Context, p []byte) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d.wait()):
		return d.Messenger.Deliver(ctx, p)
	}
}
