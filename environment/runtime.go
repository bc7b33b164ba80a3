package environment

import (
	"runtime"

	"monkit.example/monkit"
)

var (
	goroutinesKey = monkit.NewSeriesKey("goroutines")
	runtimeSource = &source{runtimeStats, counters{
		"goroutines":       nil, // count also falls
		"runtime_memstats": {"TotalAlloc", "Mallocs", "Frees", "PauseTotalNs", "NumGC", "NumForcedGC"},
	}}

	// A process has one Go runtime, so all registries share its readers.
	processMetrics = newRuntimeMetrics()
	processPauses  = newPauses()
)

// Runtime returns the source of what the Go runtime measures: goroutines, the
// scheduler, memory and garbage collection.
func Runtime() monkit.StatSource { return runtimeSource }

func runtimeStats(cb emit) {
	var gc gcState
	var now reading
	processPauses.read(&gc)
	processMetrics.read(&now)
	cb(goroutinesKey, "count", float64(runtime.NumGoroutine()))
	emitMemstats(&now, &gc, cb)
	gc.emit(cb)
	emitRuntime(&now, cb)
}
