package send

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// CanTry implements tryWriter.
func (f *fakeStream) CanTry() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.isOpen && f.tries != nil
}

// TryWrite takes no more than the capacity, and reports no failure.
func (f *fakeStream) TryWrite(p []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.isOpen || f.tries == nil {
		return 0
	}
	n := f.tries(len(p))
	if f.left >= 0 {
		n = min(n, f.left)
		f.left -= n
	}
	f.conns[len(f.conns)-1] += string(p[:n])
	f.written += n
	return n
}

// takesPart is a system that takes a random part of what is written.
func takesPart(n int) int { return rand.IntN(n + 1) }

// takesAll is a system that takes all that is written.
func takesAll(n int) int { return n }

// took returns what the last connection took.
func (f *fakeStream) took() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conns[len(f.conns)-1]
}

func TestSendWritesWhatTheSystemTakesAtOnce(t *testing.T) {
	tests := []struct {
		name  string
		tries func(int) int
		want  string // when Send has returned
	}{
		{"all", takesAll, "a 1\nb 2\nc 3\n"},
		{"a part", func(int) int { return 5 }, "a 1\nb 2\nc"},
		{"nothing", func(int) int { return 0 }, "a 1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeStream{capacity: unlimited, tries: tt.tries}
				s := New(f, Options{})
				mustSend(t, s, "a 1\n", 1)
				time.Sleep(tryPause) // the goroutine of the Sender connects
				synctest.Wait()
				mustSend(t, s, "b 2\nc 3\n", 2)
				if got := f.took(); !strings.HasPrefix(got, tt.want) { // the goroutine may have written more
					t.Errorf("after Send the peer has %q, want %q", got, tt.want)
				}
				synctest.Wait()
				if got, want := f.took(), "a 1\nb 2\nc 3\n"; got != want {
					t.Errorf("in the end the peer has %q, want %q", got, want)
				}
				if err := s.Close(within(t, time.Minute)); err != nil {
					t.Error(err)
				}
				checkLedger(t, s, "accepted=3 delivered=3 dropped=0 pending=0")
			})
		})
	}
}

// While a peer has acknowledged little, Send wakes the goroutine for the next poll
// only.
func TestSendThatWroteAllWakesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newPolledStream()
		f.tries = takesAll
		s := New(f, Options{})
		mustSend(t, s, "x\n", 1)
		synctest.Wait()
		for range 100 {
			time.Sleep(tryPause)
			mustSend(t, s, "x\n", 1)
			if n := len(s.wakeup); n != 0 {
				t.Fatal("the goroutine is woken")
			}
		}
		if got, want := f.took(), strings.Repeat("x\n", 101); got != want {
			t.Errorf("%d bytes are written, want %d", len(got), len(want))
		}
		f.acknowledge(202)
		time.Sleep(maxPoll)
		synctest.Wait()
		checkLedger(t, s, "accepted=101 delivered=101 dropped=0 pending=0")
		s.Close(within(t, time.Second))
	})
}

// Of payloads that follow one another fast, Send writes the first and what has
// become many bytes, and leaves the others to the goroutine, which joins them.
func TestFewBytesAreNotWrittenAtOnceAgain(t *testing.T) {
	f := newPolledStream()
	f.tries = takesAll
	o := Options{}.withDefaults()
	s := &Sender{opts: o, transport: f, queue: newQueue(o, f), retry: newRetrier(o), wakeup: make(chan struct{}, 1), ctx: t.Context()}
	s.driver = &window{queue: s.queue, retry: s.retry, stream: f, times: newTimes(timesMeasurement, ""), pollAt: time.Now().Add(maxPoll)}
	f.isOpen, f.left, f.conns = true, -1, []string{""}
	s.triedAt = time.Now().Add(time.Hour)
	mustSend(t, s, "a\n", 1)
	if got := f.took(); got != "" || len(s.wakeup) == 0 {
		t.Errorf("few bytes were written at once: %q, woken %d", got, len(s.wakeup))
	}
	mustSend(t, s, strings.Repeat("b\n", worthTrying/2), worthTrying/2)
	if got := len(f.took()); got != 2+worthTrying {
		t.Errorf("%d bytes are written, want %d", got, 2+worthTrying)
	}
	s.triedAt = time.Now().Add(-tryPause)
	mustSend(t, s, "c\n", 1)
	if got := f.took(); !strings.HasSuffix(got, "c\n") {
		t.Error("few bytes were not written after a pause")
	}
	f.acknowledge(4 + worthTrying)
	s.drive()
	checkLedger(t, s, fmt.Sprintf("accepted=%d delivered=%[1]d dropped=0 pending=0", 2+worthTrying/2))
}

// When all is acknowledged the goroutine looks once a second, which would be late
// for what Send has written.
func TestSendWakesTheGoroutineThatPollsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newPolledStream()
		f.tries = takesAll
		s := New(f, Options{})
		mustSend(t, s, "x\n", 1)
		f.acknowledge(2)
		time.Sleep(2 * maxPoll)
		mustSend(t, s, "y\n", 1)
		if got := f.took(); got != "x\ny\n" {
			t.Errorf("the peer has %q", got)
		}
		f.acknowledge(4)
		time.Sleep(maxPoll)
		synctest.Wait()
		checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
		s.Close(within(t, time.Second))
	})
}

// A chunk that was written in part is sent whole over the next connection, and its
// rest not besides.
func TestRestOfAChunkIsForgottenWithItsConnection(t *testing.T) {
	d := newDyingStream()
	d.tries = func(n int) int { return n / 2 }
	o := Options{InitialBackoff: 1}.withDefaults()
	q := newQueue(o, d)
	w := &window{queue: q, retry: newRetrier(o), stream: d, times: newTimes(timesMeasurement, "")}
	q.accept([]byte("a 1\n"), 1, time.Now())
	w.step(t.Context())
	q.accept([]byte("b 2\nc 3\n"), 2, time.Now())
	if w.tryStep() || d.took() != "a 1\nb 2\n" {
		t.Fatalf("the peer has %q, want a part", d.took())
	}
	d.die()
	w.step(t.Context()) // finds that the connection failed
	w.step(t.Context())
	if got, want := d.took(), "a 1\nb 2\nc 3\n"; got != want {
		t.Errorf("over the next connection the peer has %q, want %q", got, want)
	}
	if l := q.ledger(); l.Check() != nil || l.Accepted != 3 || l.Pending+l.Delivered != 3 {
		t.Errorf("ledger: %v", l)
	}
}
