package environment

import (
	gobuild "go/build"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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
		slack float64 // share by which the test itself may change it
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
				t.Errorf("is %v, want %v as in runtime.MemStats", val, tt.want)
			}
		})
	}
}

// isGo126 reports whether the runtime is that of Go 1.26 or newer.
var isGo126 = slices.Contains(gobuild.Default.ReleaseTags, "go1.26")

// Of the metrics that Go 1.26 brought, an older runtime has none, and nothing is
// emitted for them: a zero would say that no goroutine waits.
func TestEveryMetricIsKnownToTheRuntime(t *testing.T) {
	m := newRuntimeMetrics()
	m.read(new(reading))
	for i, s := range m.samples {
		if known := s.Value.Kind() != 0; known != (isGo126 || i < int(threads) || i > int(goroutinesCreated)) {
			t.Errorf("the runtime has the metric %q: %v", s.Name, known)
		}
	}
	without := reading{}
	for i := threads; i <= goroutinesCreated; i++ {
		without.numbers[i] = number(metrics.Value{})
	}
	emitScheduler(&without, func(key monkit.SeriesKey, field string, val float64) {
		if math.IsNaN(val) || key == goroutineStatesKey || field == "threads" {
			t.Errorf("%s is emitted without the metric", key.WithField(field))
		}
	})
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

// Fault 6 of monkit/v3: each walk inserted the last pause again, and no other one.
func TestEachPauseIsCountedOnce(t *testing.T) {
	for _, tt := range []struct {
		name  string
		numGC []int64 // at successive reads
		want  []int64 // pauses in the distribution after each read
	}{
		{"no collection", []int64{0, 0}, []int64{0, 0}},
		{"an old pause is not inserted again", []int64{1, 1, 1}, []int64{1, 1, 1}},
		{"all pauses between two reads are inserted", []int64{2, 5}, []int64{2, 5}},
		{"pauses that the runtime no longer has are missed", []int64{1, 1001}, []int64{1, 257}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPauses()
			for i, numGC := range tt.numGC {
				p.addLocked(numGC, make([]time.Duration, min(numGC, 256)))
				if p.dist.Count != tt.want[i] {
					t.Errorf("read %d: %d pauses, want %d", i, p.dist.Count, tt.want[i])
				}
			}
		})
	}
}

func TestPausesAreInsertedOldestFirst(t *testing.T) {
	p := newPauses()
	p.addLocked(3, []time.Duration{3, 2, 1})
	p.addLocked(5, []time.Duration{5, 4, 3, 2, 1})
	if p.dist.Recent != 5 || p.dist.Sum != 1+2+3+4+5 {
		t.Errorf("recent %d, sum %d; want 5 and 15", p.dist.Recent, p.dist.Sum)
	}
}

func TestEachCollectionIsCounted(t *testing.T) {
	count := func() float64 { return monkit.Collect(Runtime())["runtime_gcstats count"] }
	before := count()
	for range 3 {
		runtime.GC()
	}
	if after := count(); after < before+3 {
		t.Errorf("%v pauses before three collections and %v after them", before, after)
	}
}

func TestConcurrentWalks(t *testing.T) {
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

func TestSourceMayBeReadInItsOwnCallback(t *testing.T) {
	var fields []string
	Runtime().Stats(func(_ monkit.SeriesKey, field string, _ float64) {
		if len(fields) == 0 {
			Runtime().Stats(func(_ monkit.SeriesKey, field string, _ float64) { fields = append(fields, field) })
		}
	})
	if !slices.Contains(fields, "NumGC") {
		t.Errorf("the inner walk emitted %q, want NumGC among them", fields)
	}
}

// monkit/v3 stopped the program in each walk.
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
	// The count does grow if the world is stopped.
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); stops() == before {
		t.Error("runtime.ReadMemStats did not count as a stop")
	}
}

func TestProcessorTimeClassesAddUp(t *testing.T) {
	runtime.GC() // updates the classes
	var r reading
	newRuntimeMetrics().read(&r)
	sum := 0.0
	for _, c := range cpuClasses {
		sum += r.numbers[c.metric]
	}
	if total := r.numbers[cpuTotal]; math.Abs(sum-total) > 0.01*total {
		t.Errorf("the classes add up to %v s, want %v s", sum, total)
	}
}

func TestRuntimeLimitsThatAreNotSetAreLeftOut(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	got := monkit.Collect(Runtime())
	for _, name := range []string{"runtime_memory_bytes limit", "runtime_gc gogc"} {
		if val, ok := got[name]; ok {
			t.Errorf("%s is %v, want no sample without a limit", name, val)
		}
	}
	debug.SetMemoryLimit(1 << 40)
	debug.SetGCPercent(150)
	got = monkit.Collect(Runtime())
	if got["runtime_memory_bytes limit"] != 1<<40 || got["runtime_gc gogc"] != 150 {
		t.Errorf("limit %v, gogc %v", got["runtime_memory_bytes limit"], got["runtime_gc gogc"])
	}
}
