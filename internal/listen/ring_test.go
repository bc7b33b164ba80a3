package listen

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOfferIsRefusedWhenTheRingIsFull(t *testing.T) {
	for _, tt := range []struct {
		name   string
		offers []string
		fit    string // + or - for each
		want   string
	}{
		{"lines keep their order", []string{"a\n", "b\n"}, "++", "a\nb\n"},
		{"missing line end is added", []string{"a", "b\n", "c"}, "+++", "a\nb\nc\n"},
		{"full to the last byte", []string{"0123\n", "5678\n"}, "++", "0123\n5678\n"},
		{"missing line end needs room too", []string{"0123\n", "56789"}, "+-", "0123\n"},
		{"smaller lines may still fit", []string{"0123\n", "56789\n", "a\n"}, "+-+", "0123\na\n"},
		{"empty ring takes lines of any size", []string{"0123456789ABCDEF\n", "a\n"}, "+-", "0123456789ABCDEF\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRing(10)
			var fit strings.Builder
			for _, text := range tt.offers {
				fit.WriteByte("-+"[btoi(r.offer([]byte(text), Sender{}))])
			}
			lines, ok := r.take(nil)
			if string(lines) != tt.want || !ok || fit.String() != tt.fit {
				t.Errorf("take() = %q, %v; fit %s", lines, ok, fit.String())
			}
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestClosedRingIsTakenToItsEnd(t *testing.T) {
	r := newRing(10)
	r.offer([]byte("a\n"), Sender{})
	r.close()
	lines, ok := r.take(nil)
	if string(lines) != "a\n" || !ok {
		t.Errorf("take() = %q, %v", lines, ok)
	}
	for range 2 {
		if lines, ok := r.take(lines); ok {
			t.Errorf("take() after the end = %q", lines)
		}
	}
}

func TestPutWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRing(10)
		r.put([]byte("0123456\n"), Sender{})
		var putting sync.WaitGroup
		for range 3 {
			putting.Go(func() { r.put([]byte("abcdef\n"), Sender{}) })
		}
		synctest.Wait()
		if now, _ := r.usage(); now != 8 {
			t.Errorf("it holds %d bytes", now)
		}
		var got string
		for range 4 {
			lines, _ := r.take(nil)
			got += string(lines)
			synctest.Wait()
		}
		putting.Wait()
		if want := "0123456\n" + strings.Repeat("abcdef\n", 3); got != want {
			t.Errorf("took %q", got)
		}
	})
}

func TestEveryPutThatFitsIsAwakened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRing(10)
		r.put([]byte("0123456\n"), Sender{})
		for range 3 {
			go r.put([]byte("ab\n"), Sender{})
		}
		synctest.Wait()
		r.take(nil)
		synctest.Wait()
		if now, _ := r.usage(); now != 9 {
			t.Errorf("the ring holds %d bytes, want those of all puts", now)
		}
	})
}

func TestOfferWakesTakeOnlyForWhatItNeeds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		delaying bool
		before   int // bytes in the ring
		offered  int
		wake     bool
	}{
		{"first lines", false, 0, 10, true},
		{"second lines", false, 10, 10, false},
		{"first lines during a delay", true, 0, 10, false},
		{"enough during a delay", true, 0, enough, true},
		{"enough in the end", true, enough - 10, 10, true},
		{"not quite enough", true, enough - 10, 9, false},
		{"more than enough", false, enough, 10, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRing(1 << 20)
			line := append(bytes.Repeat([]byte("x"), 2*enough), '\n')
			if tt.before > 0 {
				r.offer(line[len(line)-tt.before:], Sender{})
				<-r.wake
			}
			r.delaying = tt.delaying
			r.offer(line[len(line)-tt.offered:], Sender{})
			if got := len(r.wake) > 0; got != tt.wake {
				t.Errorf("wakes take: %v", got)
			}
		})
	}
}

func TestUsageKeepsTheLargestAmount(t *testing.T) {
	r := newRing(1000)
	for _, tt := range []struct {
		text string
		most int
	}{{"a\n", 2}, {"0123456\n", 8}, {"abc\n", 8}} {
		r.offer([]byte(tt.text), Sender{})
		if now, most := r.usage(); now != len(tt.text) || most != tt.most {
			t.Errorf("usage() = %d, %d, want %d, %d", now, most, len(tt.text), tt.most)
		}
		r.take(nil)
	}
}

func TestBufferOfRingDoubles(t *testing.T) {
	r := newRing(3 * minRing)
	text := bytes.Repeat([]byte("0123456\n"), minRing/8)
	for _, want := range []int{minRing, 2 * minRing, 3 * minRing} {
		r.offer(text[:8], Sender{})
		if n := cap(r.fill); n != want {
			t.Errorf("with %d bytes the buffer has %d, want %d", len(r.fill), n, want)
		}
		r.offer(text[8:], Sender{})
	}
}

func TestBufferIsTooLargeAfter64SmallUses(t *testing.T) {
	var u underuse
	for range 2 { // each time, the use of more than a quarter resets the count
		for n := range 63 {
			if u.tooLarge(25, 100, 10) {
				t.Fatalf("too large after %d uses of a quarter", n+1)
			}
		}
		if u.tooLarge(26, 100, 10) {
			t.Error("too large although more than a quarter was used")
		}
	}
	for range 100 {
		if u.tooLarge(1, 100, 100) {
			t.Fatal("the least size is too large")
		}
	}
	for range 63 {
		u.tooLarge(25, 100, 10)
	}
	if !u.tooLarge(25, 100, 10) {
		t.Error("not too large after 64 uses of a quarter")
	}
}

// delayingRing returns a ring whose next take delays: two small takes came in
// quick succession.
func delayingRing(size int) *ring {
	r := newRing(size)
	for range 2 {
		r.offer([]byte("a\n"), Sender{})
		r.take(nil)
	}
	return r
}

func TestTakeDelays(t *testing.T) {
	enoughLines := bytes.Repeat([]byte("x\n"), enough/2)
	large := func() *ring { return delayingRing(1 << 20) }
	for _, tt := range []struct {
		name  string
		ring  func() *ring
		after func(r *ring) // what happens a millisecond after take began
		want  time.Duration
	}{
		{"small quick offers are coalesced", large, func(r *ring) { r.offer([]byte("b\n"), Sender{}) }, maxDelay},
		{"enough in one offer ends the delay", large, func(r *ring) { r.offer(enoughLines, Sender{}) }, time.Millisecond},
		{"enough in two offers ends the delay", large, func(r *ring) { r.offer(enoughLines[2:], Sender{}); r.offer([]byte("b\n"), Sender{}) }, time.Millisecond},
		{"close ends the delay", large, func(r *ring) { r.close() }, time.Millisecond},
		{"put that waits for room ends the delay", large, func(r *ring) {
			r.offer([]byte("b\n"), Sender{})
			go r.put(make([]byte, 1<<20), Sender{})
		}, time.Millisecond},
		{"small ring has no delay", func() *ring { return delayingRing(4*enough - 1) }, func(r *ring) { r.offer([]byte("b\n"), Sender{}) }, time.Millisecond},
		{"smallest ring with a delay", func() *ring { return delayingRing(4 * enough) }, func(r *ring) { r.offer([]byte("b\n"), Sender{}) }, maxDelay},
		{"pause resets the delay", func() *ring {
			r := large()
			go func() { time.Sleep(time.Second); r.offer([]byte("b\n"), Sender{}) }()
			r.take(nil)
			return r
		}, func(r *ring) { r.offer([]byte("c\n"), Sender{}) }, time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := tt.ring()
				began := time.Now()
				go func() {
					time.Sleep(time.Millisecond)
					tt.after(r)
				}()
				r.take(nil)
				if d := time.Since(began); d != tt.want {
					t.Errorf("it took %v, want %v", d, tt.want)
				}
				synctest.Wait() // until the put has found room
			})
		})
	}
}

func TestManyPutsReachOneTakerInOrder(t *testing.T) {
	const putters, each = 8, 2000
	r := newRing(500)
	var putting sync.WaitGroup
	for p := range putters {
		putting.Go(func() {
			for n := range each {
				r.put(fmt.Appendf(nil, "%d %d\n", p, n), Sender{})
			}
		})
	}
	go func() { putting.Wait(); r.close() }()
	var next [putters]int
	for lines, ok := r.take(nil); ok; lines, ok = r.take(lines) {
		for line := range bytes.Lines(lines) {
			var p, n int
			if _, err := fmt.Sscan(string(line), &p, &n); err != nil || n != next[p] {
				t.Fatalf("got %q, want line %d of its putter", line, next[p])
			}
			next[p]++
		}
	}
	for p, n := range next {
		if n != each {
			t.Errorf("putter %d: %d of %d lines", p, n, each)
		}
	}
}

// A burst uses the whole ring, and its buffers are released afterwards.
func TestMemoryOfRingIsBoundedAndReleased(t *testing.T) {
	r := newRing(1_000_000)
	r.delay.length = 0
	text := bytes.Repeat([]byte("0123456\n"), 1000)
	var taken []byte
	for range 2 {
		for r.offer(text, Sender{}) {
		}
		if n := cap(r.fill); n > r.max {
			t.Errorf("a buffer has %d bytes", n)
		}
		taken, _ = r.take(taken)
	}
	for range 2 * underuseLimit {
		r.offer(text, Sender{})
		taken, _ = r.take(taken)
	}
	if cap(r.fill) > minRing || cap(taken) > minRing {
		t.Errorf("buffers of %d and %d bytes are kept", cap(r.fill), cap(taken))
	}
	if n := testing.AllocsPerRun(10*underuseLimit, func() {
		r.offer(text, Sender{})
		taken, _ = r.take(taken)
	}); n != 0 {
		t.Errorf("%v allocations a take", n)
	}
}
