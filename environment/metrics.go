package environment

import (
	"math"
	"runtime/metrics"
	"sync"
)

// A metric is an index into metricNames.
type metric int

const (
	heapAllocBytes metric = iota
	heapAllocs
	heapFrees
	tinyAllocs
	heapObjectCount
	heapLive
	heapGoal
	memoryLimit
	gcPercent
	cyclesTotal
	cyclesForced
	heapObjects
	heapUnused
	heapFree
	heapReleased
	heapStacks
	osStacks
	mspanInuse
	mspanFree
	mcacheInuse
	mcacheFree
	profBuckets
	gcMetadata
	otherMemory
	totalMemory
	cpuGC
	cpuAssist
	cpuDedicated
	cpuGCIdle
	cpuPause
	cpuScavengeAssist
	cpuScavenge
	cpuUser
	cpuIdle
	cpuTotal
	maxProcs
	threads
	goroutinesRunning
	goroutinesRunnable
	goroutinesWaiting
	goroutinesNotInGo
	goroutinesCreated
	mutexWait
	cgoCalls

	numberCount // metrics before it are numbers, those after it histograms
)

const (
	schedLatency metric = numberCount + iota
	pausesGC
	pausesOther
	metricCount
)

var metricNames = [metricCount]string{
	heapAllocBytes:     "/gc/heap/allocs:bytes",
	heapAllocs:         "/gc/heap/allocs:objects",
	heapFrees:          "/gc/heap/frees:objects",
	tinyAllocs:         "/gc/heap/tiny/allocs:objects",
	heapObjectCount:    "/gc/heap/objects:objects",
	heapLive:           "/gc/heap/live:bytes",
	heapGoal:           "/gc/heap/goal:bytes",
	memoryLimit:        "/gc/gomemlimit:bytes",
	gcPercent:          "/gc/gogc:percent",
	cyclesTotal:        "/gc/cycles/total:gc-cycles",
	cyclesForced:       "/gc/cycles/forced:gc-cycles",
	heapObjects:        "/memory/classes/heap/objects:bytes",
	heapUnused:         "/memory/classes/heap/unused:bytes",
	heapFree:           "/memory/classes/heap/free:bytes",
	heapReleased:       "/memory/classes/heap/released:bytes",
	heapStacks:         "/memory/classes/heap/stacks:bytes",
	osStacks:           "/memory/classes/os-stacks:bytes",
	mspanInuse:         "/memory/classes/metadata/mspan/inuse:bytes",
	mspanFree:          "/memory/classes/metadata/mspan/free:bytes",
	mcacheInuse:        "/memory/classes/metadata/mcache/inuse:bytes",
	mcacheFree:         "/memory/classes/metadata/mcache/free:bytes",
	profBuckets:        "/memory/classes/profiling/buckets:bytes",
	gcMetadata:         "/memory/classes/metadata/other:bytes",
	otherMemory:        "/memory/classes/other:bytes",
	totalMemory:        "/memory/classes/total:bytes",
	cpuGC:              "/cpu/classes/gc/total:cpu-seconds",
	cpuAssist:          "/cpu/classes/gc/mark/assist:cpu-seconds",
	cpuDedicated:       "/cpu/classes/gc/mark/dedicated:cpu-seconds",
	cpuGCIdle:          "/cpu/classes/gc/mark/idle:cpu-seconds",
	cpuPause:           "/cpu/classes/gc/pause:cpu-seconds",
	cpuScavengeAssist:  "/cpu/classes/scavenge/assist:cpu-seconds",
	cpuScavenge:        "/cpu/classes/scavenge/background:cpu-seconds",
	cpuUser:            "/cpu/classes/user:cpu-seconds",
	cpuIdle:            "/cpu/classes/idle:cpu-seconds",
	cpuTotal:           "/cpu/classes/total:cpu-seconds",
	maxProcs:           "/sched/gomaxprocs:threads",
	threads:            "/sched/threads/total:threads",
	goroutinesRunning:  "/sched/goroutines/running:goroutines",
	goroutinesRunnable: "/sched/goroutines/runnable:goroutines",
	goroutinesWaiting:  "/sched/goroutines/waiting:goroutines",
	goroutinesNotInGo:  "/sched/goroutines/not-in-go:goroutines",
	goroutinesCreated:  "/sched/goroutines-created:goroutines",
	mutexWait:          "/sync/mutex/wait/total:seconds",
	cgoCalls:           "/cgo/go-to-c-calls:calls",
	schedLatency:       "/sched/latencies:seconds",
	pausesGC:           "/sched/pauses/total/gc:seconds",
	pausesOther:        "/sched/pauses/total/other:seconds",
}

// A reading holds the values of all metrics at one time.
type reading struct {
	numbers [numberCount]float64
	dists   [metricCount - numberCount]summary
}

// runtimeMetrics reads package runtime/metrics. Unlike runtime.ReadMemStats, it
// does not stop the program.
type runtimeMetrics struct {
	mu      sync.Mutex
	samples [metricCount]metrics.Sample        // guarded by mu
	history [metricCount - numberCount]history // guarded by mu
}

func newRuntimeMetrics() *runtimeMetrics {
	var m runtimeMetrics
	for i, name := range metricNames {
		m.samples[i].Name = name
	}
	return &m
}

// read fills r. A reading is large; the caller keeps it on the stack.
func (m *runtimeMetrics) read(r *reading) {
	m.mu.Lock()
	defer m.mu.Unlock()
	metrics.Read(m.samples[:])
	for i := range r.numbers {
		r.numbers[i] = number(m.samples[i].Value)
	}
	for i := range r.dists {
		if v := m.samples[int(numberCount)+i].Value; v.Kind() == metrics.KindFloat64Histogram {
			r.dists[i] = m.history[i].add(v.Float64Histogram())
		}
	}
}

// number returns the value of v, or NaN for a metric that this Go release does not
// have.
func number(v metrics.Value) float64 {
	switch v.Kind() {
	case metrics.KindUint64:
		return float64(v.Uint64())
	case metrics.KindFloat64:
		return v.Float64()
	}
	return math.NaN()
}
