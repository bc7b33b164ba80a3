package hot

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The peers start goroutines that never end.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/VictoriaMetrics/metrics.summariesSwapCron"),
		goleak.IgnoreAnyFunction("github.com/spacemonkeygo/monkit/v3.(*ticker).run"))
}

// turn is the least duration of the peer's turn. In this time the garbage
// collector runs, and all processors take part.
const turn = 20 * time.Millisecond

// minRounds is enough for a median that does not depend on a busy moment of the
// machine.
const minRounds = 50

// BenchmarkRatio lets the two calls of each pair run in turn, equally often, and
// compares the medians.
func BenchmarkRatio(b *testing.B) {
	for _, p := range pairs() {
		b.Run(label(p.name), func(b *testing.B) {
			n := callsPerTurn(p)
			var ours, theirs []time.Duration
			for b.Loop() {
				ours = append(ours, timed(p, p.ours, n))
				theirs = append(theirs, timed(p, p.theirs, n))
			}
			o, t := perCall(ours, n), perCall(theirs, n)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(o, "ns/ours")
			b.ReportMetric(t, "ns/theirs")
			b.ReportMetric(o/t, "ratio")
			b.ReportMetric(testing.AllocsPerRun(100, p.ours), "allocs/ours")
			b.ReportMetric(testing.AllocsPerRun(100, p.theirs), "allocs/theirs")
			if len(ours) >= minRounds && !raceEnabled && o/t > p.limit {
				b.Errorf("a call costs %.3f of the peer's, want at most %.2f", o/t, p.limit)
			}
		})
	}
}

// callsPerTurn returns a number of calls for which the peer needs a turn.
func callsPerTurn(p pair) int {
	n := 1000
	for timed(p, p.theirs, n) < turn {
		n *= 2
	}
	return n
}

// timed returns the duration of n calls, on one processor or divided among all.
func timed(p pair, f func(), n int) time.Duration {
	each := 1
	if p.parallel {
		each = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	begin := time.Now()
	for range each - 1 {
		wg.Go(func() { call(f, n/each) })
	}
	call(f, n/each)
	wg.Wait()
	return time.Since(begin)
}

func call(f func(), n int) {
	for range n {
		f()
	}
}

// perCall returns the median of times for one call, in nanoseconds.
func perCall(times []time.Duration, n int) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2]) / float64(n)
}

func label(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "-")
}
