package turns

import (
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	o, p := sample{cpu: 110, elapsed: 90, allocs: 0.5}, sample{cpu: 100, elapsed: 100}
	for _, tt := range []struct {
		name   string
		pair   Pair
		ours   sample
		theirs sample
		errs   int
	}{
		{"no limits", Pair{}, o, p, 0},
		{"processor time at the limit", Pair{Limit: 1.1}, o, p, 0},
		{"processor time above it", Pair{Limit: 1.09}, o, p, 1},
		{"elapsed time below it", Pair{Limit: 0.95, Measure: Elapsed}, o, p, 0},
		{"elapsed time above it", Pair{Limit: 0.85, Measure: Elapsed}, o, p, 1},
		{"allocations at the limit", Pair{MaxAllocs: 0.5}, o, p, 0},
		{"both above", Pair{Limit: 1, MaxAllocs: 0.1}, o, p, 2},
		{"nothing was measured", Pair{Limit: 1}, sample{}, sample{}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if errs := tt.pair.exceeded(tt.ours, tt.theirs); len(errs) != tt.errs {
				t.Errorf("%d errors %v, want %d", len(errs), errs, tt.errs)
			}
		})
	}
}

func TestUnknownMeasurePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Pair{Measure: 7}.ratio(sample{}, sample{})
}

func TestMedian(t *testing.T) {
	if n := median([]int{9, 1, 5, 7, 3}, func(n int) int { return n }); n != 5 {
		t.Errorf("median %d, want 5", n)
	}
}

func TestFewRoundsAreNotJudged(t *testing.T) {
	if Strict(minRounds-1) || Strict(minRounds) == raceEnabled {
		t.Errorf("%d rounds: %v, %d rounds: %v", minRounds-1, Strict(minRounds-1), minRounds, Strict(minRounds))
	}
}

var sunk []byte

// What n calls cost is measured, and the call before them is not.
func TestMeasure(t *testing.T) {
	calls := 0
	s := measure(func() {
		calls++
		sunk = make([]byte, 1<<20)
		for start := CPU(); CPU() < start+time.Millisecond; {
		}
	}, 10)
	if calls != 11 {
		t.Errorf("%d calls, want 11", calls)
	}
	if s.allocs < 10 || s.allocs > 100 || s.size < 10<<20 || s.size > 11<<20 {
		t.Errorf("%v allocations of %v bytes, want about 10 of 10 MiB", s.allocs, s.size)
	}
	if s.cpu < 10e6 {
		t.Errorf("%v ns of processor time, want 10 ms at least", s.cpu)
	}
}

func TestLabel(t *testing.T) {
	if got := Label("tcp, 64 KiB"); got != "tcp-64-KiB" {
		t.Errorf("label %q", got)
	}
}

func BenchmarkPair(b *testing.B) {
	calls := [2]int{}
	Pair{Units: 1, Bytes: 1, Ours: func() { calls[0]++ }, Theirs: func() { calls[1]++; time.Sleep(time.Millisecond) }}.Run(b)
	if calls[0] == 0 || calls[1] < calls[0] {
		b.Errorf("calls %v", calls)
	}
}
