package environment

import (
	"runtime/metrics"
	"sync"

	"monkit.example/monkit"
)

var memKey = monkit.NewSeriesKey("runtime_memstats")

// metric is a place in metricNames.
type metric int

const (
	heapAllocBytes metric = iota
	heapAllocs
	heapFrees
	tinyAllocs
	heapObjectCount
	heapGoal
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
	cpuGCIdle
	cpuTotal
	metricCount
)

var metricNames = [metricCount]string{
	heapAllocBytes:  "/gc/heap/allocs:bytes",
	heapAllocs:      "/gc/heap/allocs:objects",
	heapFrees:       "/gc/heap/frees:objects",
	tinyAllocs:      "/gc/heap/tiny/allocs:objects",
	heapObjectCount: "/gc/heap/objects:objects",
	heapGoal:        "/gc/heap/goal:bytes",
	cyclesTotal:     "/gc/cycles/total:gc-cycles",
	cyclesForced:    "/gc/cycles/forced:gc-cycles",
	heapObjects:     "/memory/classes/heap/objects:bytes",
	heapUnused:      "/memory/classes/heap/unused:bytes",
	heapFree:        "/memory/classes/heap/free:bytes",
	heapReleased:    "/memory/classes/heap/released:bytes",
	heapStacks:      "/memory/classes/heap/stacks:bytes",
	osStacks:        "/memory/classes/os-stacks:bytes",
	mspanInuse:      "/memory/classes/metadata/mspan/inuse:bytes",
	mspanFree:       "/memory/classes/metadata/mspan/free:bytes",
	mcacheInuse:     "/memory/classes/metadata/mcache/inuse:bytes",
	mcacheFree:      "/memory/classes/metadata/mcache/free:bytes",
	profBuckets:     "/memory/classes/profiling/buckets:bytes",
	gcMetadata:      "/memory/classes/metadata/other:bytes",
	otherMemory:     "/memory/classes/other:bytes",
	totalMemory:     "/memory/classes/total:bytes",
	cpuGC:           "/cpu/classes/gc/total:cpu-seconds",
	cpuGCIdle:       "/cpu/classes/gc/mark/idle:cpu-seconds",
	cpuTotal:        "/cpu/classes/total:cpu-seconds",
}

// values are those of one read, all from one moment.
type values [metricCount]float64

// memory reads runtime/metrics, which unlike runtime.ReadMemStats lets the
// program run meanwhile.
type memory struct {
	mu      sync.Mutex
	samples [metricCount]metrics.Sample // guarded by mu
}

func newMemory() *memory {
	var m memory
	for i, name := range metricNames {
		m.samples[i].Name = name
	}
	return &m
}

func (m *memory) read() (v values) {
	m.mu.Lock()
	defer m.mu.Unlock()
	metrics.Read(m.samples[:])
	for i := range m.samples {
		v[i] = number(m.samples[i].Value)
	}
	return v
}

// number is zero for a metric that this Go release does not have.
func number(v metrics.Value) float64 {
	switch v.Kind() {
	case metrics.KindUint64:
		return float64(v.Uint64())
	case metrics.KindFloat64:
		return v.Float64()
	}
	return 0
}

// stats emits the fields of runtime.MemStats in their order there.
func (m *memory) stats(gc gcState, cb emit) {
	v := m.read()
	put := func(field string, val float64) { cb(memKey, field, val) }

	put("Alloc", v[heapObjects])
	put("TotalAlloc", v[heapAllocBytes])
	put("Sys", v[totalMemory])
	put("Lookups", 0) // as in every Go release since 1.9
	put("Mallocs", v[heapAllocs]+v[tinyAllocs])
	put("Frees", v[heapFrees]+v[tinyAllocs])

	put("HeapAlloc", v[heapObjects])
	put("HeapSys", v[heapObjects]+v[heapUnused]+v[heapReleased]+v[heapFree])
	put("HeapIdle", v[heapReleased]+v[heapFree])
	put("HeapInuse", v[heapObjects]+v[heapUnused])
	put("HeapReleased", v[heapReleased])
	put("HeapObjects", v[heapObjectCount])

	put("StackInuse", v[heapStacks])
	put("StackSys", v[heapStacks]+v[osStacks])
	put("MSpanInuse", v[mspanInuse])
	put("MSpanSys", v[mspanInuse]+v[mspanFree])
	put("MCacheInuse", v[mcacheInuse])
	put("MCacheSys", v[mcacheInuse]+v[mcacheFree])
	put("BuckHashSys", v[profBuckets])
	put("GCSys", v[gcMetadata])
	put("OtherSys", v[otherMemory])

	put("NextGC", v[heapGoal])
	put("LastGC", float64(gc.lastGC.UnixNano()))
	put("PauseTotalNs", float64(gc.pauseTotal))
	put("NumGC", v[cyclesTotal])
	put("NumForcedGC", v[cyclesForced])
	put("GCCPUFraction", v.gcFraction())
	put("EnableGC", 1) // likewise constant
	put("DebugGC", 0)
}

// gcFraction is the share of CPU time that collecting took from the program;
// what it did on idle processors took nothing.
func (v *values) gcFraction() float64 {
	if v[cpuTotal] <= 0 {
		return 0
	}
	return max(0, v[cpuGC]-v[cpuGCIdle]) / v[cpuTotal]
}
