package monkit

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// makers are all ways to look a metric up by name. Each records one event.
var makers = map[string]func(s *Scope, name string){
	"counter":  func(s *Scope, name string) { s.Counter(name).Inc(1) },
	"meter":    func(s *Scope, name string) { s.Meter(name).Mark(1) },
	"event":    func(s *Scope, name string) { s.Event(name) },
	"diff":     func(s *Scope, name string) { s.DiffMeter(name, s.Meter("m1"), s.Meter("m2")) },
	"timer":    func(s *Scope, name string) { s.Timer(name).Start().Stop() },
	"int":      func(s *Scope, name string) { s.IntVal(name).Observe(1) },
	"intf":     func(s *Scope, name string) { s.IntValf("%s", name).Observe(1) },
	"float":    func(s *Scope, name string) { s.FloatVal(name).Observe(1) },
	"floatf":   func(s *Scope, name string) { s.FloatValf("%s", name).Observe(1) },
	"bool":     func(s *Scope, name string) { s.BoolVal(name).Observe(true) },
	"boolf":    func(s *Scope, name string) { s.BoolValf("%s", name).Observe(true) },
	"duration": func(s *Scope, name string) { s.DurationVal(name).Observe(1) },
	"struct":   func(s *Scope, name string) { s.StructVal(name).Observe(struct{ A int }{1}) },
	"raw":      func(s *Scope, name string) { s.RawVal(name).Observe(1) },
	"rawf":     func(s *Scope, name string) { s.RawValf("%s", name).Observe(1) },
	"rawk":     func(s *Scope, name string) { s.RawValk(NewSeriesKey(name), Count).Observe(1) },
	"gauge":    func(s *Scope, name string) { s.Gauge(name, func() float64 { return 1 }) },
	"func":     func(s *Scope, name string) { s.FuncNamed(name).Task(nil)(nil) },
	"task":     func(s *Scope, name string) { s.TaskNamed(name)(nil)(nil) },
}

// wantUnique walks r and fails if a series and field come twice.
func wantUnique(t *testing.T, r *Registry) {
	t.Helper()
	seen := make(map[string]bool)
	r.Stats(func(key SeriesKey, field string, _ float64) {
		name := key.WithField(field)
		if seen[name] {
			t.Errorf("%s is emitted twice", name)
		}
		seen[name] = true
	})
}

// TestAnyTwoKindsMayHaveOneName makes a metric in every way, after one of the
// same name made in every other way.
func TestAnyTwoKindsMayHaveOneName(t *testing.T) {
	logTo(t, discard{})
	for first, one := range makers {
		for second, two := range makers {
			r := NewRegistry()
			s := r.ScopeNamed("s")
			for range 2 {
				one(s, "x")
				two(s, "x")
			}
			wantUnique(t, r)
			before := len(Collect(r))
			one(s, "x")
			two(s, "x")
			if after := len(Collect(r)); before == 0 || after != before {
				t.Errorf("%s and %s: %d samples became %d", first, second, before, after)
			}
			if n := s.health.conflicts.Load(); n > 1 {
				t.Errorf("%s and %s: %d conflicts", first, second, n)
			}
		}
	}
}

// TestConcurrentOverflowLosesNoEvent has goroutines make more counters than the
// limit allows.
func TestConcurrentOverflowLosesNoEvent(t *testing.T) {
	logTo(t, discard{})
	const goroutines, names, limit = 8, 500, 50
	r := NewRegistry()
	r.LimitSources(limit)
	s := r.ScopeNamed("s")
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range names {
				s.Counter(fmt.Sprint("c", i)).Inc(1)
				if i%100 == 0 {
					wantUnique(t, r)
				}
			}
		})
	}
	wg.Wait()
	if n := len(s.index.reported()); n != limit+1 {
		t.Errorf("%d sources, want %d and the overflow counter", n, limit)
	}
	sum := 0.0
	for name, val := range Collect(s) {
		if strings.HasSuffix(name, " value") {
			sum += val
		}
	}
	if sum != goroutines*names {
		t.Errorf("counters have %v events, want %d", sum, goroutines*names)
	}
}

// TestSeriesAreOfBoundedSize has names and tags up to the limits, and one beyond.
func TestSeriesAreOfBoundedSize(t *testing.T) {
	logTo(t, discard{})
	var many []SeriesTag
	for i := range maxTags + 1 {
		many = append(many, SeriesTag{fmt.Sprint("k", i), "v"})
	}
	long := strings.Repeat("x", maxSeriesBytes+1)
	for name, make := range map[string]func(s *Scope) *Counter{
		"name":  func(s *Scope) *Counter { return s.Counter(long) },
		"value": func(s *Scope) *Counter { return s.Counter("c", SeriesTag{"k", long}) },
		"key":   func(s *Scope) *Counter { return s.Counter("c", SeriesTag{long, "v"}) },
		"tags":  func(s *Scope) *Counter { return s.Counter("c", many...) },
	} {
		r := NewRegistry()
		s := r.ScopeNamed("s")
		make(s).Inc(1)
		make(s).Inc(1)
		got := Collect(r)
		if got["overflow,kind=counter,overflow=true,scope=s value"] != 2 || got["monkit_scope,scope=s overflows"] != 2 || len(got) != 7 {
			t.Errorf("%s: samples %v", name, got)
		}
	}
	s := NewRegistry().ScopeNamed("s")
	s.Counter("c", SeriesTag{"k", long[:maxSeriesBytes-len("ck")]})
	if s.Counter("c", many[1:]...) != s.Counter("c", append(many[1:], many[1:]...)...) {
		t.Error("a counter with as many tags as are allowed is not found again")
	}
	f := s.FuncNamed("f", many[1:]...)
	if again := s.FuncNamed("f", many[1:]...); again != f {
		t.Error("a Func with as many tags as are allowed is not found again")
	}
	if n := s.health.overflows.Load(); n != 0 {
		t.Errorf("%d series of the size that is allowed overflow", n)
	}
	if got := NewRegistry().ScopeNamed(long).Name(); got != overflowName {
		t.Errorf("a scope got a name of %d bytes", len(got))
	}
}

// TestTaskLeavesTheOverflowFunc begins runs while the scope is full, and again
// once it has room.
func TestTaskLeavesTheOverflowFunc(t *testing.T) {
	logTo(t, discard{})
	r := NewRegistry()
	r.LimitSources(0)
	s := r.ScopeNamed("s")
	kept := s.Task()
	run := func() {
		for range 2 {
			kept(nil)(nil)
			s.Task()(nil)(nil)
			s.Start(nil).Finish(nil)
		}
	}
	run()
	r.LimitSources(10)
	run()
	got := Collect(r)
	own := "function,name=TestTaskLeavesTheOverflowFunc.func1,scope=s total"
	if got["function,kind=func,name=overflow,overflow=true,scope=s total"] != 6 || got[own] != 6 {
		t.Errorf("samples %v", got)
	}
}

// TestConcurrentCallersAreBounded calls one Func from more Funcs than it
// remembers, each in a goroutine of its own.
func TestConcurrentCallersAreBounded(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	callee := s.FuncNamed("callee")
	var wg sync.WaitGroup
	for i := range 2 * maxParents {
		wg.Go(func() {
			ctx := context.Background()
			defer s.FuncNamed(fmt.Sprint("caller", i)).Task(&ctx)(nil)
			runtime.Gosched()
			callee.Task(&ctx)(nil)
		})
	}
	wg.Wait()
	n := 0
	callee.Parents(func(*Func) { n++ })
	if n != maxParents {
		t.Errorf("%d callers are remembered, want %d", n, maxParents)
	}
}

// TestExpiryWhileMetricsAreUsed has metrics expire as soon as possible, while
// goroutines look metrics up, hold some in variables and walk all. Metrics in
// variables count every event, and no series is emitted twice.
func TestExpiryWhileMetricsAreUsed(t *testing.T) {
	const goroutines, each = 4, 300
	r := NewRegistry()
	r.ExpireIdle(1)
	s := r.ScopeNamed("s")
	held := s.Counter("held")
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			own := s.IntVal(fmt.Sprint("own", g))
			for i := range each {
				for _, make := range makers {
					make(s, fmt.Sprint("name", i%7))
				}
				held.Inc(1)
				own.Observe(1)
				if again := s.Counter("held"); again != held {
					t.Errorf("lookup returns another metric than the one in a variable")
				}
				if i%20 == 0 {
					wantUnique(t, r)
					runtime.GC()
				}
			}
			if got := Collect(s)[fmt.Sprint("own", g, ",scope=s count")]; got != each {
				t.Errorf("%v events are reported, want %d", got, each)
			}
			runtime.KeepAlive(own)
		})
	}
	wg.Wait()
	if n := held.Current(); n != goroutines*each {
		t.Errorf("%d events, want %d", n, goroutines*each)
	}
}
