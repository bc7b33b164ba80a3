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
	// The peers start goroutines that they never end.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/VictoriaMetrics/metrics.summariesSwapCron"),
		goleak.IgnoreAnyFunction("github.com/spacemonkeygo/monkit/v3.(*ticker).run"))
}

// turn is how long the peer calls on before we have our turn: long enough that
// each turn has its garbage collections, and that all processors take part.
const turn = 20 * time.Millisecond

// minRounds are needed for a median that a busy moment does not move.
const minRounds = 50

// BenchmarkRatio lets the two of each pair take turns, of as many calls each,
// and compares the medians.
func BenchmarkRatio(b *testing.B) {
	for _, p := range pairs() {
		b.Run(label(p.name), func(b *testing.B) {
			n := callsATurn(p)
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
				b.Errorf("costs %.3f of the peer, want %.2f at most", o/t, p.limit)
			}
		})
	}
}

// callsATurn is how many calls the peer does in a turn.
func callsATurn(p pair) int {
	n := 1000
	for timed(p, p.theirs, n) < turn {
		n *= 2
	}
	return n
}

// timed is how long n calls take, on one processor or shared by all.
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

// perCall is the median of times, in nanoseconds a call.
func perCall(times []time.Duration, n int) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2]) / float64(n)
}

func label(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "-")
}
