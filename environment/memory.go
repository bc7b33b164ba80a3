package environment

import "monkit.example/monkit"

var memKey = monkit.NewSeriesKey("runtime_memstats")

// emitMemstats emits the fields of runtime.MemStats in the order of that struct.
func emitMemstats(r *reading, gc *gcState, cb emit) {
	v := &r.numbers
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
	put("GCCPUFraction", r.gcFraction())
	put("EnableGC", 1) // constant, as DebugGC is
	put("DebugGC", 0)
}

// gcFraction returns the share of processor time that garbage collection took
// from the program. Work on idle processors does not count.
func (r *reading) gcFraction() float64 {
	v := &r.numbers
	if v[cpuTotal] <= 0 {
		return 0
	}
	return max(0, v[cpuGC]-v[cpuGCIdle]) / v[cpuTotal]
}
