package walk

import (
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// VictoriaMetrics/metrics rotates summaries in a goroutine that it never ends.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/VictoriaMetrics/metrics.summariesSwapCron"))
}

// subjects are in their steady state: a process walks for weeks.
func subjects(tb testing.TB) []subject {
	all := []subject{ours(packages), monkitV3(packages), victoria(packages)}
	for _, s := range all {
		s.walk(io.Discard) // what is cached for ever is cached now
		if s.close != nil {
			tb.Cleanup(func() { s.close(tb) })
		}
	}
	return all
}

// minSaving is how much cheaper a sample must be than with monkit/v3.
const minSaving = 10

// inARow is how many walks one subject does before the next has its turn.
const inARow = 3

// minRounds are needed for a median that a busy moment does not move.
const minRounds = 10

// BenchmarkRatio walks each registry in turn and compares the medians, so that
// whatever else the machine does meets all of them.
func BenchmarkRatio(b *testing.B) {
	all := subjects(b)
	times := make([][]time.Duration, len(all))
	for b.Loop() {
		for i, s := range all {
			runtime.GC() // nobody pays for another's garbage
			for range inARow {
				times[i] = append(times[i], timed(s))
			}
		}
	}
	var perSample []float64
	for i, s := range all {
		slices.Sort(times[i])
		ns := float64(times[i][len(times[i])/2]) / float64(s.samples)
		perSample = append(perSample, ns)
		b.Logf("%-34s %6d samples %9.1f ns/sample", s.name, s.samples, ns)
	}
	saving := perSample[1] / perSample[0]
	b.ReportMetric(saving, "x-cheaper-than-v3")
	b.ReportMetric(perSample[2]/perSample[0], "x-cheaper-than-VM")
	if len(times[0]) >= minRounds*inARow && !raceEnabled && saving < minSaving {
		b.Errorf("a sample is %.1f times cheaper than with monkit/v3, want %d", saving, minSaving)
	}
}

func timed(s subject) time.Duration {
	s.touch()
	start := time.Now()
	s.walk(io.Discard)
	return time.Since(start)
}

func BenchmarkWalk(b *testing.B) {
	for _, s := range subjects(b) {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			s.touch()
			s.walk(io.Discard) // the first meets every series anew
			rounds := 0
			for b.Loop() {
				b.StopTimer()
				s.touch()
				b.StartTimer()
				s.walk(io.Discard)
				rounds++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*s.samples), "ns/sample")
		})
	}
}

// A walk may allocate a handful for itself, none for a sample.
func TestAllocationsAreIndependentOfSamples(t *testing.T) {
	small, large := ours(1), ours(packages)
	defer small.close(t)
	defer large.close(t)
	small.walk(io.Discard)
	large.walk(io.Discard)
	few, many := allocations(small), allocations(large)
	t.Logf("%d samples: %v allocations a walk; %d samples: %v", small.samples, few, large.samples, many)
	limit := few
	if raceEnabled {
		limit += 100 // sync.Pool drops at random there, and buffers grow anew
	}
	if many > limit {
		t.Errorf("%v allocations a walk over %d samples, want at most %v as over %d", many, large.samples, limit, small.samples)
	}
}

func allocations(s subject) float64 {
	return testing.AllocsPerRun(10, func() {
		s.touch()
		s.walk(io.Discard)
	})
}

// What is compared must be the same work: all samples, each a line.
func TestEveryWalkWritesEverySample(t *testing.T) {
	for _, s := range subjects(t) {
		t.Run(s.name, func(t *testing.T) {
			var lines lineCounter
			s.walk(&lines)
			// The collector adds series about itself, and what is not a number has no line.
			if n := int(lines); n < s.samples*95/100 || n > s.samples+100 {
				t.Errorf("%d lines of %d samples", n, s.samples)
			}
			if s.samples < 32_000 || s.samples > 38_000 {
				t.Errorf("%d samples, want about 35 000", s.samples)
			}
		})
	}
}
