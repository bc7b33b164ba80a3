package environment

import (
	"runtime"

	"monkit.example/monkit"
)

var (
	goroutinesKey = monkit.NewSeriesKey("goroutines")
	runtimeSource = &source{runtimeStats, countsUp{
		"goroutines":       nil, // count falls, too
		"runtime_memstats": {"TotalAlloc", "Mallocs", "Frees", "PauseTotalNs", "NumGC", "NumForcedGC"},
	}}

	// The runtime has one scheduler, memory and collector, whatever the number
	// of registries that show them.
	processMetrics = newRuntimeMetrics()
	processPauses  = newPauses()
)

// Runtime tells of goroutines, the scheduler, memory and garbage collection.
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
