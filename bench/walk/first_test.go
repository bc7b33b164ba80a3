//go:build unix

package walk

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
)

// Limits of the first flush of a registry of counters, each of which is a series
// of three samples, over TCP to a server that reads them.
const (
	// maxFirstTime is the processor time a series, for everything from the walk
	// to the server.
	maxFirstTime = 2 * time.Microsecond
	// maxBytes is what collector and reporter keep in memory a series after it. The
	// lines that are kept for a redo are in it from redoSeries on: they are all
	// lines of the last ten seconds, up to 8 MiB, and so more than the rest of few
	// series.
	maxBytes   = 350
	redoSeries = 100_000
)

// BenchmarkFirst measures the first flush, which makes what later ones use, for
// registries of several sizes.
func BenchmarkFirst(b *testing.B) {
	for _, series := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(series), func(b *testing.B) {
			reg := monkit.NewRegistry()
			counters := fillCounters(reg, series)
			var times, sizes, redos []float64
			for b.Loop() {
				b.StopTimer()
				cpu, size, redo := firstFlush(b, reg)
				b.StartTimer()
				times = append(times, float64(cpu)/float64(series))
				sizes = append(sizes, float64(size)/float64(series))
				redos = append(redos, float64(redo)/float64(series))
			}
			runtime.KeepAlive(counters)
			ns, size, redo := median(times), median(sizes), median(redos)
			b.ReportMetric(0, "ns/op") // what the loop times is nothing
			b.ReportMetric(ns, "cpu-ns/series")
			b.ReportMetric(size, "bytes/series")
			b.ReportMetric(redo, "redo-bytes/series")
			if raceEnabled {
				return
			}
			if len(times) >= minFirsts && ns > float64(maxFirstTime) {
				b.Errorf("the first flush takes %.0f ns of processor time a series, want at most %d", ns, maxFirstTime)
			}
			if series < redoSeries {
				size -= redo
			}
			if size > maxBytes {
				b.Errorf("collector and reporter keep %.0f bytes a series, want at most %d", size, maxBytes)
			}
		})
	}
}

// minFirsts is enough for a median that does not depend on a busy moment of the
// machine.
const minFirsts = 3

// firstFlush returns the processor time of the first flush of a collector, how
// much more memory is used after it, and how much of that is kept for a redo.
func firstFlush(b *testing.B, reg *monkit.Registry) (cpu time.Duration, size, redo int64) {
	addr, stop := startServer(b)
	defer stop()
	before := heap()
	push := graphite.NewWith(addr, graphite.Options{Send: reporters.SendOptions{MaxBytes: 1 << 30}})
	c := collect.New(reg, collect.Options{Interval: 24 * time.Hour}, push)
	start := processorTime(b)
	if err := c.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	cpu = processorTime(b) - start
	size = heap() - before
	stats, ok := push.SenderStats()
	if !ok {
		b.Fatal("the reporter has no SenderStats")
	}
	if l := push.Ledger(); l.Check() != nil || l.Dropped.Sum() != 0 {
		b.Errorf("the ledger is %v", l)
	}
	if err := c.Close(context.Background()); err != nil {
		b.Error(err)
	}
	return cpu, size, stats.RedoBytes
}

// heap returns how many bytes of the heap are used.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what was in a sync.Pool is freed by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fillCounters makes n counters in r and returns them.
func fillCounters(r *monkit.Registry, n int) []*monkit.Counter {
	const perScope = 1000
	all := make([]*monkit.Counter, n)
	for i := range all {
		if i%perScope == 0 {
			r.LimitSources(perScope + 10)
		}
		scope := r.ScopeNamed(fmt.Sprintf("example.com/service/package%04d", i/perScope))
		all[i] = scope.Counter(fmt.Sprintf("counter_%04d", i%perScope))
		all[i].Inc(int64(i) * 1000)
	}
	return all
}
