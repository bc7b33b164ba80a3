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
	// VictoriaMetrics/metrics rotates summaries in a goroutine that never ends.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/VictoriaMetrics/metrics.summariesSwapCron"))
}

// libraries returns monkit, monkit/v3, VictoriaMetrics and monkit's page for
// Prometheus, in this order. Each
// has walked once, so that its caches are filled, as in a process that has run
// for weeks.
func libraries(tb testing.TB) []library {
	all := []library{newMonkit(packages), newMonkitV3(packages), newVictoria(packages), newPage(packages)}
	for _, l := range all {
		l.walk(io.Discard)
		if l.close != nil {
			tb.Cleanup(func() { l.close(tb) })
		}
	}
	return all
}

// minSaving is how much cheaper a sample must be than with monkit/v3.
const minSaving = 10

// walksPerTurn is how often one library walks before it is the next one's turn.
const walksPerTurn = 3

// minRounds is enough for a median that does not depend on a busy moment of the
// machine.
const minRounds = 10

// BenchmarkRatio lets the libraries walk in turn, so that other load of the
// machine slows all of them, and compares the medians.
func BenchmarkRatio(b *testing.B) {
	all := libraries(b)
	times := make([][]time.Duration, len(all))
	for b.Loop() {
		for i, l := range all {
			runtime.GC() // garbage of the other libraries costs this one nothing
			for range walksPerTurn {
				times[i] = append(times[i], timed(l))
			}
		}
	}
	var perSample []float64
	for i, l := range all {
		slices.Sort(times[i])
		ns := float64(times[i][len(times[i])/2]) / float64(l.samples)
		perSample = append(perSample, ns)
		b.Logf("%-34s %6d samples %9.1f ns/sample", l.name, l.samples, ns)
	}
	saving := perSample[1] / perSample[0]
	b.ReportMetric(saving, "x-cheaper-than-v3")
	b.ReportMetric(perSample[2]/perSample[0], "x-cheaper-than-VM")
	b.ReportMetric(perSample[2]/perSample[3], "x-page-cheaper-than-VM")
	if len(times[0]) >= minRounds*walksPerTurn && !raceEnabled && saving < minSaving {
		b.Errorf("a sample is %.1f times cheaper than with monkit/v3, want %d", saving, minSaving)
	}
}

// timed returns the duration of one walk.
func timed(l library) time.Duration {
	l.update()
	start := time.Now()
	l.walk(io.Discard)
	return time.Since(start)
}

func BenchmarkWalk(b *testing.B) {
	for _, l := range libraries(b) {
		b.Run(l.name, func(b *testing.B) {
			b.ReportAllocs()
			l.update()
			l.walk(io.Discard) // a collector has two batches; both have grown after this
			rounds := 0
			for b.Loop() {
				b.StopTimer()
				l.update()
				b.StartTimer()
				l.walk(io.Discard)
				rounds++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*l.samples), "ns/sample")
		})
	}
}

// A walk allocates a few times, but not for each sample.
func TestAllocationsAreIndependentOfSamples(t *testing.T) {
	for _, filled := range []func(packages int) library{newMonkit, newPage} {
		small, large := filled(1), filled(packages)
		t.Run(small.name, func(t *testing.T) {
			few, many := allocations(t, small), allocations(t, large)
			t.Logf("%d samples: %v allocations a walk; %d samples: %v", small.samples, few, large.samples, many)
			limit := few
			if raceEnabled {
				limit += 100 // sync.Pool drops items at random, and new buffers grow
			}
			if many > limit {
				t.Errorf("%v allocations a walk over %d samples, want at most %v as over %d", many, large.samples, limit, small.samples)
			}
		})
	}
}

func allocations(t *testing.T, l library) float64 {
	if l.close != nil {
		defer l.close(t)
	}
	l.walk(io.Discard)
	return testing.AllocsPerRun(10, func() {
		l.update()
		l.walk(io.Discard)
	})
}

// The libraries do the same work: each walk writes a line for each sample.
func TestEveryWalkWritesEverySample(t *testing.T) {
	for _, l := range libraries(t) {
		t.Run(l.name, func(t *testing.T) {
			var lines lineCounter
			l.walk(&lines)
			// The collector adds series about itself, and NaN has no line.
			if n := int(lines); n < l.samples*95/100 || n > l.samples+100 {
				t.Errorf("%d lines of %d samples", n, l.samples)
			}
			if l.samples < 32_000 || l.samples > 38_000 {
				t.Errorf("%d samples, want about 35 000", l.samples)
			}
		})
	}
}
