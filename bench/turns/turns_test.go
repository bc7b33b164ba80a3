package turns

import (
	"math"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name          string
		pair          Pair
		ratio, allocs float64
		errs          int
	}{
		{"no limits", Pair{}, 9, 9, 0},
		{"a ratio at the limit", Pair{Limit: 1.1}, 1.1, 9, 0},
		{"a ratio above it", Pair{Limit: 1.1}, 1.11, 9, 1},
		{"nothing was measured", Pair{Limit: 1.1}, math.NaN(), 0, 1},
		{"allocations at the limit", Pair{MaxAllocs: 0.5}, 9, 0.5, 0},
		{"both above", Pair{Limit: 1, MaxAllocs: 0.1}, 1.1, 0.2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if errs := tt.pair.exceeded(tt.ratio, tt.allocs); len(errs) != tt.errs {
				t.Errorf("%d errors %v, want %d", len(errs), errs, tt.errs)
			}
		})
	}
}

func TestRatioIsThatOfTurnsThatFollowEachOther(t *testing.T) {
	// The machine gets slower from turn to turn.
	ours := []sample{{cpu: 11, elapsed: 5}, {cpu: 110, elapsed: 60}, {cpu: 1300, elapsed: 500}}
	theirs := []sample{{cpu: 10, elapsed: 10}, {cpu: 100, elapsed: 100}, {cpu: 1000, elapsed: 1000}}
	for measure, want := range map[Measure]float64{Processor: 1.1, Elapsed: 0.5} {
		if got := (Pair{Measure: measure}).ratio(ours, theirs); math.Abs(got-want) > 1e-9 {
			t.Errorf("measure %d: ratio %v, want %v", measure, got, want)
		}
	}
}

func TestUnknownMeasurePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Pair{Measure: 7}.time(sample{})
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
