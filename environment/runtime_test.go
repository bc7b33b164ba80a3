package environment

import (
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"monkit.example/monkit"
)

func memstats() map[string]float64 {
	var gc gcState
	var now reading
	newPauses().read(&gc)
	newRuntimeMetrics().read(&now)
	got := map[string]float64{}
	emitMemstats(&now, &gc, func(_ monkit.SeriesKey, field string, val float64) { got[field] = val })
	return got
}

func TestMemstatsAgreeWithTheRuntime(t *testing.T) {
	runtime.GC()
	got := memstats()
	var want runtime.MemStats
	runtime.ReadMemStats(&want)
	for _, tt := range []struct {
		field string
		want  float64
		slack float64 // what the test itself may change, as a share
	}{
		{"Alloc", float64(want.Alloc), 0.5},
		{"TotalAlloc", float64(want.TotalAlloc), 0.2},
		{"Sys", float64(want.Sys), 0.2},
		{"Mallocs", float64(want.Mallocs), 0.2},
		{"Frees", float64(want.Frees), 0.2},
		{"HeapAlloc", float64(want.HeapAlloc), 0.5},
		{"HeapSys", float64(want.HeapSys), 0.2},
		{"HeapIdle", float64(want.HeapIdle), 0.5},
		{"HeapInuse", float64(want.HeapInuse), 0.5},
		{"HeapReleased", float64(want.HeapReleased), 0.5},
		{"HeapObjects", float64(want.HeapObjects), 0.5},
		{"StackInuse", float64(want.StackInuse), 0.5},
		{"StackSys", float64(want.StackSys), 0.5},
		{"MSpanInuse", float64(want.MSpanInuse), 0.5},
		{"MSpanSys", float64(want.MSpanSys), 0.5},
		{"MCacheInuse", float64(want.MCacheInuse), 0.01},
		{"MCacheSys", float64(want.MCacheSys), 0.01},
		{"BuckHashSys", float64(want.BuckHashSys), 0.5},
		{"GCSys", float64(want.GCSys), 0.2},
		{"NextGC", float64(want.NextGC), 0.5},
		{"LastGC", float64(want.LastGC), 0.01},
		{"NumForcedGC", float64(want.NumForcedGC), 0.01},
		{"EnableGC", 1, 0},
		{"DebugGC", 0, 0},
		{"Lookups", float64(want.Lookups), 0},
	} {
		t.Run(tt.field, func(t *testing.T) {
			val, ok := got[tt.field]
			if !ok {
				t.Fatal("is not emitted")
			}
			if math.Abs(val-tt.want) > tt.slack*tt.want {
				t.Errorf("is %v, runtime.MemStats says %v", val, tt.want)
			}
		})
	}
}

func TestEveryMetricIsKnownToTheRuntime(t *testing.T) {
	m := newRuntimeMetrics()
	m.read(new(reading))
	for _, s := range m.samples {
		if s.Value.Kind() == 0 {
			t.Errorf("the runtime has no metric %q", s.Name)
		}
	}
}

func TestGCFractionIsAShare(t *testing.T) {
	for _, tt := range []struct {
		name            string
		gc, idle, total float64
		want            float64
	}{
		{"before the first collection", 0, 0, 0, 0},
		{"a quarter", 2, 1, 4, 0.25},
		{"idle work costs nothing", 3, 3, 4, 0},
		{"rounding never makes it negative", 1, 2, 4, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r reading
			r.numbers[cpuGC], r.numbers[cpuGCIdle], r.numbers[cpuTotal] = tt.gc, tt.idle, tt.total
			if got := r.gcFraction(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Fault 6 of the library this one succeeds: the last pause came again with
// each walk, and the others never.
func TestEachPauseIsCountedOnce(t *testing.T) {
	for _, tt := range []struct {
		name  string
		numGC []int64 // of successive reads
		want  []int64 // pauses in the distribution after each
	}{
		{"nothing collected", []int64{0, 0}, []int64{0, 0}},
		{"the same pause is not new", []int64{1, 1, 1}, []int64{1, 1, 1}},
		{"all pauses between reads", []int64{2, 5}, []int64{2, 5}},
		{"what the runtime forgot is not made up", []int64{1, 1001}, []int64{1, 257}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPauses()
			for i, numGC := range tt.numGC {
				p.add(numGC, make([]time.Duration, min(numGC, 256)))
				if p.dist.Count != tt.want[i] {
					t.Errorf("read %d: %d pauses, want %d", i, p.dist.Count, tt.want[i])
				}
			}
		})
	}
}

func TestPausesComeOldestFirst(t *testing.T) {
	p := newPauses()
	p.add(3, []time.Duration{3, 2, 1})
	p.add(5, []time.Duration{5, 4, 3, 2, 1})
	if p.dist.Recent != 5 || p.dist.Sum != 1+2+3+4+5 {
		t.Errorf("recent %d, sum %d; want 5 and 15", p.dist.Recent, p.dist.Sum)
	}
}

func TestCollectionsAreSeen(t *testing.T) {
	count := func() float64 { return monkit.Collect(Runtime())["runtime_gcstats count"] }
	before := count()
	for range 3 {
		runtime.GC()
	}
	if after := count(); after < before+3 {
		t.Errorf("%v pauses after three collections, %v before", after, before)
	}
}

func TestWalksAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				for _, s := range sources() {
					s.Stats(func(monkit.SeriesKey, string, float64) {})
				}
			}
		})
	}
	wg.Wait()
}

func TestSourcesMayBeReadFromTheirOwnCallback(t *testing.T) {
	var fields []string
	Runtime().Stats(func(_ monkit.SeriesKey, field string, _ float64) {
		if len(fields) == 0 {
			Runtime().Stats(func(_ monkit.SeriesKey, field string, _ float64) { fields = append(fields, field) })
		}
	})
	if !slices.Contains(fields, "NumGC") {
		t.Errorf("got %q", fields)
	}
}

// The library this one succeeds stopped the program at each walk.
func TestNoWalkStopsTheWorld(t *testing.T) {
	stops := func() float64 {
		var r reading
		newRuntimeMetrics().read(&r)
		return float64(r.dists[pausesOther-numberCount].all.count)
	}
	before := stops()
	for range 20 {
		for _, s := range sources() {
			s.Stats(func(monkit.SeriesKey, string, float64) {})
		}
	}
	if after := stops(); after != before {
		t.Errorf("the program was stopped %v times in 20 walks", after-before)
	}
	// That the count would have shown it:
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); stops() == before {
		t.Error("runtime.ReadMemStats did not count as a stop")
	}
}

func TestProcessorTimeIsInOneClassEach(t *testing.T) {
	runtime.GC() // after which the classes are estimated anew
	var r reading
	newRuntimeMetrics().read(&r)
	sum := 0.0
	for _, c := range cpuClasses {
		sum += r.numbers[c.metric]
	}
	if total := r.numbers[cpuTotal]; math.Abs(sum-total) > 0.01*total {
		t.Errorf("the classes add up to %v s of %v s", sum, total)
	}
}

func TestLimitsThatDoNotLimitAreLeftOut(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	got := monkit.Collect(Runtime())
	for _, name := range []string{"runtime_memory_bytes limit", "runtime_gc gogc"} {
		if val, ok := got[name]; ok {
			t.Errorf("%s is %v while there is none", name, val)
		}
	}
	debug.SetMemoryLimit(1 << 40)
	debug.SetGCPercent(150)
	got = monkit.Collect(Runtime())
	if got["runtime_memory_bytes limit"] != 1<<40 || got["runtime_gc gogc"] != 150 {
		t.Errorf("limit %v, gogc %v", got["runtime_memory_bytes limit"], got["runtime_gc gogc"])
	}
}
