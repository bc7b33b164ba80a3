package environment

import (
	"runtime"

	"monkit.example/monkit"
)

var (
	goroutinesKey = monkit.NewSeriesKey("goroutines")
	runtimeSource = &source{runtimeStats}

	// The runtime has one memory and one collector, whatever the number of
	// registries that show them.
	processMemory = newMemory()
	processPauses = newPauses()
)

// Runtime tells of goroutines, memory and garbage collection.
func Runtime() monkit.StatSource { return runtimeSource }

func runtimeStats(cb emit) {
	cb(goroutinesKey, "count", float64(runtime.NumGoroutine()))
	gc := processPauses.read()
	processMemory.stats(gc, cb)
	gc.pauses.Stats(cb)
}
