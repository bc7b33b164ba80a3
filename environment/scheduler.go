package environment

import (
	"math"

	"monkit.example/monkit"
)

var (
	heapKey              = monkit.NewSeriesKey("runtime_heap_bytes")
	memoryKey            = monkit.NewSeriesKey("runtime_memory_bytes")
	gcSettingKey         = monkit.NewSeriesKey("runtime_gc")
	schedKey             = monkit.NewSeriesKey("runtime_sched")
	goroutineStatesKey   = monkit.NewSeriesKey("runtime_goroutines")
	goroutinesCreatedKey = monkit.NewSeriesKey("runtime_goroutines_created")
	mutexWaitKey         = monkit.NewSeriesKey("runtime_mutex_wait_seconds")
	cgoCallsKey          = monkit.NewSeriesKey("runtime_cgo_calls")
)

// cpuClasses add up to all the time that GOMAXPROCS processors had.
var cpuClasses = [...]struct {
	key    monkit.SeriesKey
	metric metric
}{
	{cpuKey("user"), cpuUser},
	{cpuKey("idle"), cpuIdle},
	{cpuKey("gc_assist"), cpuAssist},
	{cpuKey("gc_dedicated"), cpuDedicated},
	{cpuKey("gc_idle"), cpuGCIdle},
	{cpuKey("gc_pause"), cpuPause},
	{cpuKey("scavenge_assist"), cpuScavengeAssist},
	{cpuKey("scavenge_background"), cpuScavenge},
}

var distKeys = [metricCount - numberCount]monkit.SeriesKey{
	schedLatency - numberCount: monkit.NewSeriesKey("runtime_sched_latency_seconds"),
	pausesGC - numberCount:     monkit.NewSeriesKey("runtime_pause_seconds").WithTag("cause", "gc"),
	pausesOther - numberCount:  monkit.NewSeriesKey("runtime_pause_seconds").WithTag("cause", "other"),
}

func cpuKey(class string) monkit.SeriesKey {
	return monkit.NewSeriesKey("runtime_cpu_seconds").WithTag("class", class)
}

// emitRuntime emits the numbers of the runtime that runtime.MemStats lacks.
func emitRuntime(r *reading, cb emit) {
	emitHeap(r, cb)
	emitScheduler(r, cb)
	for i := range cpuClasses {
		cb(cpuClasses[i].key, "total", r.numbers[cpuClasses[i].metric])
	}
	for i := range r.dists {
		r.dists[i].emit(distKeys[i], cb)
	}
}

func emitHeap(r *reading, cb emit) {
	v := &r.numbers
	cb(heapKey, "live", v[heapLive])
	cb(heapKey, "goal", v[heapGoal])
	cb(memoryKey, "used", v[totalMemory]-v[heapReleased])
	// The runtime reports the greatest integer if there is no limit. It would
	// only spoil the scale of a chart.
	if limit := v[memoryLimit]; limit < math.MaxInt64 {
		cb(memoryKey, "limit", limit)
	}
	if percent := v[gcPercent]; percent <= math.MaxInt32 {
		cb(gcSettingKey, "gogc", percent)
	}
}

func emitScheduler(r *reading, cb emit) {
	v := &r.numbers
	cb(schedKey, "gomaxprocs", v[maxProcs])
	if !math.IsNaN(v[threads]) { // Go 1.26 brought these together
		cb(schedKey, "threads", v[threads])
		cb(goroutineStatesKey, "running", v[goroutinesRunning])
		cb(goroutineStatesKey, "runnable", v[goroutinesRunnable])
		cb(goroutineStatesKey, "waiting", v[goroutinesWaiting])
		cb(goroutineStatesKey, "not_in_go", v[goroutinesNotInGo])
		cb(goroutinesCreatedKey, "total", v[goroutinesCreated])
	}
	cb(mutexWaitKey, "total", v[mutexWait])
	cb(cgoCallsKey, "total", v[cgoCalls])
}
