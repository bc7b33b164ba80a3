package monkit

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func newTestIndex(limit int) *sourceIndex {
	return &newScope(NewRegistry().core, "s", limit).index
}

// counterOf is lookup of a counter in x.
func counterOf(x *sourceIndex, name string, tags ...SeriesTag) *Counter {
	return lookup(x.scope, &counters, name, tags)
}

func TestIndexEntryMatchesNameAndTags(t *testing.T) {
	a, b := SeriesTag{"a", "1"}, SeriesTag{"b", "2"}
	x := newTestIndex(10)
	key, given := x.resolve(false, "c", []SeriesTag{a, b})
	e := &indexEntry{hash: hashSeries("c", given), name: "c", tags: key.Tags}
	for _, tt := range []struct {
		rule string
		fn   bool
		name string
		tags []SeriesTag
		want bool
	}{
		{"same tags", false, "c", []SeriesTag{a, b}, true},
		{"tags in another order", false, "c", []SeriesTag{b, a}, true},
		{"another name", false, "d", []SeriesTag{a, b}, false},
		{"a function of that name", true, "c", []SeriesTag{a, b}, false},
		{"fewer tags", false, "c", []SeriesTag{a}, false},
		{"a tag of another value", false, "c", []SeriesTag{a, {"b", "3"}}, false},
		{"one tag twice instead of two tags", false, "c", []SeriesTag{a, a}, false},
		{"the tag that the index adds", false, "c", []SeriesTag{a, {"scope", "s"}}, true},
	} {
		if got := e.matches(tt.fn, e.hash, tt.name, tt.tags); got != tt.want {
			t.Errorf("%s: matches is %v, want %v", tt.rule, got, tt.want)
		}
	}
	if e.matches(false, e.hash+1, "c", given) {
		t.Error("an entry matches another hash")
	}
}

func TestHashOfSeriesIgnoresOrderOfTags(t *testing.T) {
	a, b := SeriesTag{"a", "1"}, SeriesTag{"b", "2"}
	ordered := hashSeries("c", []SeriesTag{a, b})
	if hashSeries("c", []SeriesTag{b, a}) != ordered {
		t.Error("the order of tags changes the hash")
	}
	for name, tags := range map[string][]SeriesTag{
		"values swapped":        {{"a", "2"}, {"b", "1"}},
		"keys and values":       {{"1", "a"}, {"2", "b"}},
		"one tag":               {a},
		"text of tags in value": {{"a", "1,b=2"}},
	} {
		if hashSeries("c", tags) == ordered {
			t.Errorf("%s: the hash is the same", name)
		}
	}
}

// TestFindIsRightWhileTheTableGrows has goroutines find metrics that one
// goroutine makes. find may miss a metric then, but returns no other one, and
// lookup returns the one that was made.
func TestFindIsRightWhileTheTableGrows(t *testing.T) {
	const n = 4000 // the table grows ten times
	x := newTestIndex(2 * n)
	made := make([]*Counter, n)
	var ready atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := 0; i < n; i++ {
				for int64(i) >= ready.Load() {
					runtime.Gosched()
				}
				for _, at := range []int{i, i / 2, 0} {
					name := fmt.Sprint("c", at)
					if got, ok := find[*Counter](x, false, name, nil); ok && got != made[at] {
						t.Errorf("find returns another counter for %s", name)
					}
					if counterOf(x, name) != made[at] {
						t.Errorf("lookup returns another counter for %s", name)
					}
				}
			}
		})
	}
	for i := range n {
		made[i] = counterOf(x, fmt.Sprint("c", i))
		ready.Add(1)
	}
	wg.Wait()
	if len(x.sources) != n || x.entries != n {
		t.Errorf("%d sources and %d entries, want %d", len(x.sources), x.entries, n)
	}
	if b := len(*x.buckets.Load()); b < n || b > 2*n {
		t.Errorf("%d buckets for %d entries", b, n)
	}
	for i, c := range made { // nothing changes now: find may not miss any more
		if got, ok := find[*Counter](x, false, fmt.Sprint("c", i), nil); !ok || got != c {
			t.Fatalf("find misses c%d", i)
		}
	}
}

func TestConcurrentLookupsMakeOneMetric(t *testing.T) {
	x := newTestIndex(1000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				counterOf(x, fmt.Sprint("c", i), SeriesTag{"a", "1"}, SeriesTag{"b", "2"}).Inc(1)
			}
		})
	}
	wg.Wait()
	if len(x.sources) != 500 {
		t.Errorf("%d sources, want 500", len(x.sources))
	}
	for i := range 500 {
		if got := counterOf(x, fmt.Sprint("c", i), SeriesTag{"b", "2"}, SeriesTag{"a", "1"}).Current(); got != 8 {
			t.Fatalf("counter %d is %d, want 8", i, got)
		}
	}
}

func TestSecondKindOfANameIsNotReported(t *testing.T) {
	logTo(t, discard{})
	x := newTestIndex(10)
	first := counterOf(x, "x")
	second := lookup(x.scope, &intVals, "x", nil)
	if counterOf(x, "x") != first || lookup(x.scope, &intVals, "x", nil) != second {
		t.Error("lookup mixes up the two kinds")
	}
	if all := x.reported(); len(all) != 1 || all[0] != StatSource(first) {
		t.Errorf("sources %v, want the first kind only", all)
	}
	if n := x.scope.health.conflicts.Load(); n != 1 {
		t.Errorf("%d conflicts, want 1", n)
	}
	// A function's name is a tag, and no conflict.
	if f := lookup(x.scope, &funcs, "x", nil); f.ShortName() != "x" || len(x.reported()) != 2 {
		t.Errorf("sources %v, want a Func, too", x.reported())
	}
}

func TestDetachedMetricsAreBounded(t *testing.T) {
	logTo(t, discard{})
	x := newTestIndex(2)
	counterOf(x, "x") // reported; the three below are not, and fill the table
	lookup(x.scope, &intVals, "x", nil)
	lookup(x.scope, &floatVals, "x", nil)
	lookup(x.scope, &boolVals, "x", nil)
	if x.entries != 4 || len(x.sources) != 1 {
		t.Errorf("%d entries, %d sources", x.entries, len(x.sources))
	}
	m := lookup(x.scope, &meters, "x", nil)
	if m != lookup(x.scope, &meters, "another", nil) {
		t.Error("with twice as many entries as the limit a metric does not overflow")
	}
}

func TestMetricsBeyondTheLimitShareOne(t *testing.T) {
	logTo(t, discard{})
	x := newTestIndex(2)
	a, b := counterOf(x, "a"), counterOf(x, "b")
	shared := counterOf(x, "c")
	if shared == a || shared == b || counterOf(x, "d") != shared {
		t.Error("counters beyond the limit are not one")
	}
	if counterOf(x, "a") != a {
		t.Error("lookup misses a counter that was made before the limit was reached")
	}
	if m := lookup(x.scope, &meters, "c", nil); m != lookup(x.scope, &meters, "d", nil) {
		t.Error("meters beyond the limit are not one")
	}
	if !x.full.Load() {
		t.Error("lookups of further counters go on to take the lock")
	}
	if n := x.scope.health.overflows.Load(); n != 4 {
		t.Errorf("%d overflows, want 4", n)
	}
	if n := len(x.reported()); n != 4 {
		t.Errorf("%d sources, want a, b and one of each kind", n)
	}
	x.setLimit(5)
	if counterOf(x, "c") == shared {
		t.Error("a higher limit makes no room")
	}
}

// sweepAll sweeps x as if every source had been idle for long.
func sweepAll(x *sourceIndex) map[StatSource]*weakSource {
	return x.sweep(func(StatSource) bool { return true }, ticks())
}

func TestSweepReleasesInSteps(t *testing.T) {
	x := newTestIndex(10)
	c := counterOf(x, "c", SeriesTag{"a", "1"})
	c.Inc(5)
	find := func() *Counter {
		c, _ := find[*Counter](x, false, "c", []SeriesTag{{"a", "1"}})
		return c
	}
	if w := sweepAll(x)[c]; w == nil || w.get() != StatSource(c) || w.held == nil || find() != nil {
		t.Error("the first sweep does not make the entry weak")
	}
	if len(sweepAll(x)) != 0 || x.sources[0].(*weakSource).held != nil {
		t.Error("the second sweep does not drop the reference")
	}
	runtime.GC()
	if got := Collect(x.reported()[0])["c,a=1,scope=s value"]; got != 5 {
		t.Errorf("a metric that the program holds reports %v, want 5", got)
	}
	if sweepAll(x); len(x.reported()) != 1 || x.entries != 1 {
		t.Errorf("a metric that the program holds is gone: %d sources, %d entries", len(x.reported()), x.entries)
	}
	runtime.KeepAlive(c)
	c = nil
	runtime.GC()
	if got := Collect(x.reported()[0]); len(got) != 0 {
		t.Errorf("a collected metric reports %v", got)
	}
	if sweepAll(x); len(x.reported()) != 0 || x.entries != 0 {
		t.Errorf("%d sources and %d entries are left", len(x.reported()), x.entries)
	}
}

// TestLookupRestores looks a weak metric up after each number of sweeps.
func TestLookupRestores(t *testing.T) {
	for sweeps := 1; sweeps <= 3; sweeps++ {
		x := newTestIndex(10)
		c := counterOf(x, "c")
		for range sweeps {
			sweepAll(x)
			runtime.GC()
		}
		before := ticks()
		if counterOf(x, "c") != c {
			t.Fatalf("after %d sweeps lookup returns another counter", sweeps)
		}
		if got, ok := find[*Counter](x, false, "c", nil); !ok || got != c {
			t.Errorf("after %d sweeps find misses a restored counter", sweeps)
		}
		if n := len(x.reported()); n != 1 {
			t.Errorf("after %d sweeps a restored counter is %d sources", sweeps, n)
		}
		// A restored metric counts as used at that time.
		x.sweep(func(StatSource) bool { return true }, before-1)
		if got, ok := find[*Counter](x, false, "c", nil); !ok || got != c {
			t.Errorf("after %d sweeps the next one takes a restored counter out", sweeps)
		}
		c.Inc(5)
		if sweepAll(x)[c] == nil || x.entries != 1 {
			t.Errorf("after %d sweeps a restored counter is not weak again: %d entries", sweeps, x.entries)
		}
		runtime.KeepAlive(c)
		c = nil
		runtime.GC() // the index still holds the counter
		if got := counterOf(x, "c").Current(); got != 5 {
			t.Errorf("after %d sweeps a counter that is weak again is lost: it is %d, want 5", sweeps, got)
		}
		for range 4 {
			sweepAll(x)
			runtime.GC()
		}
		if len(x.reported()) != 0 || x.entries != 0 {
			t.Errorf("after %d sweeps a restored counter is never released", sweeps)
		}
	}
}

// TestRestoredMetricIsHeld has the only sweep after a lookup be so late that the
// lookup no longer counts as use.
func TestRestoredMetricIsHeld(t *testing.T) {
	x := newTestIndex(10)
	c := counterOf(x, "c")
	c.Inc(5)
	sweepAll(x)
	sweepAll(x) // the index drops its reference
	if counterOf(x, "c") != c {
		t.Fatal("lookup does not restore the counter")
	}
	runtime.KeepAlive(c)
	c = nil
	sweepAll(x)
	runtime.GC()
	if got := counterOf(x, "c").Current(); got != 5 {
		t.Errorf("the counter is %d, want 5", got)
	}
}

func TestSweepKeepsUsedMetrics(t *testing.T) {
	x := newTestIndex(10)
	idle, used := counterOf(x, "idle"), counterOf(x, "used")
	isIdle := func(src StatSource) bool { return strong(src) == StatSource(idle) }
	for range 3 {
		x.sweep(isIdle, ticks())
	}
	if got, ok := find[*Counter](x, false, "used", nil); !ok || got != used {
		t.Error("find misses a metric that is in use")
	}
	// Once its samples change, the index holds a weak metric again.
	x.sweep(func(StatSource) bool { return false }, ticks())
	if w := x.sources[0].(*weakSource); w.held != StatSource(idle) {
		t.Error("the index does not hold a metric that changed")
	}
}

func TestSweepKeepsGauges(t *testing.T) {
	x := newTestIndex(10)
	g := lookup(x.scope, &gauges, "g", nil)
	for range 3 {
		sweepAll(x)
	}
	if all := x.reported(); len(all) != 1 || all[0] != StatSource(g) {
		t.Errorf("sources %v, want the gauge", all)
	}
}

func TestSweepMakesRoom(t *testing.T) {
	logTo(t, discard{})
	x := newTestIndex(2)
	counterOf(x, "a")
	counterOf(x, "b")
	shared := counterOf(x, "c")
	for range 3 {
		sweepAll(x)
		runtime.GC()
	}
	if x.full.Load() || len(x.reported()) != 1 { // shared is held here
		t.Errorf("full is %v with %d sources", x.full.Load(), len(x.reported()))
	}
	if counterOf(x, "c") == shared {
		t.Error("a sweep makes no room")
	}
	runtime.KeepAlive(shared)
}

// TestKindOfACollectedMetricIsFree has the reported one of two kinds with one
// name be collected: the next metric made has the series, whether a sweep has
// removed what stood for the collected one or not.
func TestKindOfACollectedMetricIsFree(t *testing.T) {
	logTo(t, discard{})
	for sweeps := 2; sweeps <= 3; sweeps++ {
		x := newTestIndex(10)
		counterOf(x, "x")
		lookup(x.scope, &intVals, "x", nil) // not reported
		for range sweeps {
			sweepAll(x)
			runtime.GC()
		}
		m := lookup(x.scope, &meters, "x", nil)
		if all := x.reported(); all[len(all)-1] != StatSource(m) {
			t.Errorf("after %d sweeps: sources %v, want the meter", sweeps, all)
		}
	}
}

func TestFindIsRightWhileSweepsRebuildTheTable(t *testing.T) {
	const n = 50
	x := newTestIndex(10 * n)
	var held []*Counter
	for i := range n {
		held = append(held, counterOf(x, fmt.Sprint("held", i)))
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				if at := (i + g) % n; counterOf(x, fmt.Sprint("held", at)) != held[at] {
					t.Errorf("lookup returns another counter for held%d", at)
				}
				counterOf(x, fmt.Sprint("dropped", i%n))
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			sweepAll(x)
			runtime.GC()
		}
	}
	runtime.KeepAlive(held)
	for range 3 {
		sweepAll(x)
		runtime.GC()
	}
	if len(x.reported()) != n || x.entries != n {
		t.Errorf("%d sources and %d entries, want the %d that are held", len(x.reported()), x.entries, n)
	}
	runtime.KeepAlive(held)
}
