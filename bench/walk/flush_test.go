//go:build unix

package walk

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/statsd"
)

// flushSamples is about how many samples a flush has.
const flushSamples = 39_000

// maxFlushRatio is how much of the processor time of WritePrometheus, which only
// formats, a whole flush may take: walk, lines, queue, socket, and the server that
// reads them.
const maxFlushRatio = 0.6

// flushesPerTurn is how often one library flushes before it is the next one's
// turn. The clock of processor time is exact to microseconds.
const flushesPerTurn = 3

// A flush is a registry that is sent over a socket.
type flush struct {
	samples int
	update  func() // changes values
	flush   func()
}

// BenchmarkFlush compares the processor time of the whole process, with the server
// in it, for flushes of a registry over TCP, and for WritePrometheus of as many
// counters to nowhere. They are measured in turn, so that other load of the
// machine slows all of them; the ratio is the median of those of the turns.
func BenchmarkFlush(b *testing.B) {
	peer := newVictoriaCounters(flushSamples)
	for _, f := range []struct {
		name     string
		limited  bool
		registry func() (*monkit.Registry, int, func())
		reporter func(addr string) reporters.Reporter
	}{
		{"graphite/counters", true, counterRegistry, graphiteOver},
		{"graphite/mixed", true, mixedRegistry, graphiteOver},
		{"influx/counters", false, counterRegistry, influxOver},
		{"influx/mixed", false, mixedRegistry, influxOver},
		{"statsd/counters", false, counterRegistry, statsdOver},
		{"statsd/mixed", false, mixedRegistry, statsdOver},
	} {
		b.Run(f.name, func(b *testing.B) {
			own := newFlush(b, f.registry, f.reporter)
			ratios, times := flushInTurns(b, own, peer)
			ratio := median(ratios)
			b.ReportMetric(ratio, "of-VM")
			b.ReportMetric(median(times), "cpu-ns/sample")
			if f.limited && len(ratios) >= minRounds && !raceEnabled && ratio > maxFlushRatio {
				b.Errorf("a sample takes %.2f of the processor time of WritePrometheus, want at most %.2f", ratio, maxFlushRatio)
			}
		})
	}
}

// A flush allocates a few times, but not for each sample or payload.
func TestAllocationsOfAFlushAreIndependentOfSamples(t *testing.T) {
	for name, reporter := range map[string]func(addr string) reporters.Reporter{"graphite": graphiteOver, "influx": influxOver, "statsd": statsdOver} {
		t.Run(name, func(t *testing.T) {
			few, many := flushAllocations(t, 1, reporter), flushAllocations(t, packages, reporter)
			t.Logf("%v allocations a flush of one package, %v of %d", few, many, packages)
			limit := few + 20 // a collection of garbage takes the memory of some chunks
			if raceEnabled {
				limit += 100 // sync.Pool drops items at random
			}
			if many > limit {
				t.Errorf("%v allocations a flush of %d packages, want at most %v: that of one has %v", many, packages, limit, few)
			}
		})
	}
}

func flushAllocations(t *testing.T, packages int, reporter func(addr string) reporters.Reporter) float64 {
	f := newFlush(t, func() (*monkit.Registry, int, func()) { return filledMonkit(packages) }, reporter)
	for range 8 { // until as much is kept for a redo as ever will be
		f.update()
		f.flush()
	}
	return testing.AllocsPerRun(10, func() {
		f.update()
		f.flush()
	})
}

// flushInTurns returns, of each turn, the ratio of the processor time a sample of
// own to that of peer, and that of own in nanoseconds.
func flushInTurns(b *testing.B, own, peer flush) (ratios, times []float64) {
	cpuPerSample(b, own) // fills caches
	cpuPerSample(b, peer)
	for b.Loop() {
		mine := cpuPerSample(b, own)
		ratios = append(ratios, mine/cpuPerSample(b, peer))
		times = append(times, mine)
	}
	return ratios, times
}

// cpuPerSample returns the processor time of a turn in nanoseconds a sample.
func cpuPerSample(b *testing.B, f flush) float64 {
	runtime.GC() // garbage of the other library costs this one nothing
	var sum time.Duration
	for range flushesPerTurn {
		f.update()
		start := processorTime(b)
		f.flush()
		sum += processorTime(b) - start
	}
	return float64(sum) / float64(flushesPerTurn*f.samples)
}

// processorTime returns the user and system time of the process so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(s []float64) float64 {
	slices.Sort(s)
	return s[len(s)/2]
}

// counterRegistry returns a registry of counters, each of which has three samples.
func counterRegistry() (r *monkit.Registry, samples int, update func()) {
	const scopes = 13
	r = monkit.NewRegistry()
	var all []*monkit.Counter
	for s := range scopes {
		scope := r.ScopeNamed(fmt.Sprintf("example.com/service/package%03d", s))
		for i := range flushSamples / scopes / 3 {
			c := scope.Counter(fmt.Sprintf("counter_%04d", i))
			c.Inc(int64(i) * 1000)
			all = append(all, c)
		}
	}
	return r, 3 * len(all), func() {
		for _, c := range all {
			c.Inc(1)
		}
	}
}

// mixedRegistry returns a registry like those of BenchmarkRatio.
func mixedRegistry() (r *monkit.Registry, samples int, update func()) {
	return filledMonkit(packages * flushSamples / 36_600)
}

func graphiteOver(addr string) reporters.Reporter { return graphite.New(addr) }
func influxOver(addr string) reporters.Reporter   { return influx.New("tcp://" + addr) }
func statsdOver(addr string) reporters.Reporter   { return statsd.New("tcp://" + addr) }

// newFlush returns a registry with a collector whose reporter sends to a server in
// this process.
func newFlush(tb testing.TB, registry func() (*monkit.Registry, int, func()), reporter func(addr string) reporters.Reporter) flush {
	r, samples, update := registry()
	c := collect.New(r, collect.Options{Interval: 24 * time.Hour}, reporter(newServer(tb)))
	tb.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return flush{samples: samples, update: update, flush: func() {
		if err := c.Flush(context.Background()); err != nil {
			panic(err) // the server reads everything
		}
	}}
}

// newServer starts a server that reads what the connections have and returns its
// address.
func newServer(tb testing.TB) string {
	addr, stop := startServer(tb)
	tb.Cleanup(stop)
	return addr
}

// startServer is newServer with a function that stops the server.
func startServer(tb testing.TB) (addr string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 64<<10)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for err == nil {
				_, err = conn.Read(buf)
			}
			conn.Close()
		}
	}()
	return l.Addr().String(), func() {
		l.Close()
		<-ended
	}
}

// newVictoriaCounters returns so many counters of VictoriaMetrics/metrics.
func newVictoriaCounters(n int) flush {
	const perPackage = 1000
	set := metrics.NewSet()
	all := make([]*metrics.Counter, n)
	for i := range all {
		all[i] = set.NewCounter(fmt.Sprintf(`counter_%04d{scope="example.com/service/package%03d"}`, i%perPackage, i/perPackage))
		all[i].Add(i * 1000 / 3)
	}
	return flush{
		samples: n,
		update: func() {
			for _, c := range all {
				c.Inc()
			}
		},
		flush: func() { set.WritePrometheus(io.Discard) },
	}
}
