package monkit

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// walkForHours walks r every five minutes for n hours, and collects garbage each
// time.
func walkForHours(t *testing.T, r *Registry, n int) {
	t.Helper()
	for range 12 * n {
		time.Sleep(5 * time.Minute)
		r.Stats(func(SeriesKey, string, float64) {})
		runtime.GC()
	}
}

func sourcesOf(s *Scope) int { return len(s.index.reported()) }

// TestIdleMetricsAreForgotten has one metric of every kind, none in a variable.
func TestIdleMetricsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		s := r.ScopeNamed("s")
		s.Counter("c").Inc(1)
		s.Meter("m").Mark(1)
		s.Timer("t").Start().Stop()
		s.IntVal("i").Observe(1)
		s.FloatVal("f").Observe(1)
		s.BoolVal("b").Observe(true)
		s.DurationVal("d").Observe(1)
		s.RawVal("r").Observe(1)
		s.StructVal("v").Observe(struct{ A int }{1})
		s.FuncNamed("g").Task(nil)(nil)
		s.Gauge("gauge", func() float64 { return 1 })
		s.DiffMeter("diff", NewMeter(NewSeriesKey("x")), NewMeter(NewSeriesKey("y")))

		walkForHours(t, r, 3)
		if n := sourcesOf(s); n != 12 {
			t.Fatalf("%d of 12 sources are left, but ExpireIdle was not called", n)
		}
		r.ExpireIdle(time.Hour)
		walkForHours(t, r, 3)
		if n := sourcesOf(s); n != 2 {
			t.Errorf("%d sources are left, want the gauge and the DiffMeter: %v", n, Collect(s))
		}
		if n := s.index.entries; n != 2 {
			t.Errorf("the index has %d entries", n)
		}
		c := s.Counter("c")
		if c.Inc(1); Collect(s)["c,scope=s value"] != 1 {
			t.Errorf("a forgotten metric does not start from zero: %v", Collect(s))
		}
	})
}

func TestMetricsThatAreHeldOrUsedStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		s := r.ScopeNamed("s")
		held := s.Counter("held")
		held.Inc(1)
		for range 5 { // hours
			for range 4 {
				s.Counter("used").Inc(1)
				s.FuncNamed("Used").Task(nil)(nil)
				time.Sleep(15 * time.Minute)
				r.Stats(func(SeriesKey, string, float64) {})
				runtime.GC()
			}
		}
		got := Collect(s)
		if got["held,scope=s value"] != 1 || got["used,scope=s value"] != 20 || got["function,name=Used,scope=s total"] != 20 {
			t.Errorf("samples %v", got)
		}
		if held.Inc(1); Collect(s)["held,scope=s value"] != 2 {
			t.Errorf("a metric in a variable no longer counts: %v", Collect(s))
		}
		if again := s.Counter("held"); again != held {
			t.Errorf("lookup returns another metric than the one in a variable")
		}
		runtime.KeepAlive(held)
	})
}

// TestLookupKeepsAnIdleMetric looks an idle counter up at each step of its
// release.
func TestLookupKeepsAnIdleMetric(t *testing.T) {
	for quarters := 3; quarters < 7; quarters++ {
		synctest.Test(t, func(t *testing.T) {
			r := NewRegistry()
			r.ExpireIdle(time.Hour)
			s := r.ScopeNamed("s")
			c := s.Counter("c")
			c.Inc(5)
			for range quarters {
				time.Sleep(15 * time.Minute)
				r.Stats(func(SeriesKey, string, float64) {})
			}
			s.Counter("c").Inc(1)
			runtime.KeepAlive(c)
			c = nil
			for range 4 {
				runtime.GC()
				time.Sleep(10 * time.Minute)
				r.Stats(func(SeriesKey, string, float64) {})
			}
			if got := Collect(s)["c,scope=s value"]; got != 6 {
				t.Errorf("after %d quarters of an hour: %v, want 6", quarters, got)
			}
			if n := sourcesOf(s); n != 1 {
				t.Errorf("%d sources", n)
			}
		})
	}
}

// TestExpiryMakesRoom fills a scope to its limit, again and again, with counters
// that are used once.
func TestExpiryMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		s := r.ScopeNamed("s")
		s.index.setLimit(10)
		for round := range 5 {
			for i := range 10 {
				s.Counter(fmt.Sprint("c", round, "_", i)).Inc(1)
			}
			walkForHours(t, r, 2)
		}
		if n := s.health.overflows.Load(); n != 0 {
			t.Errorf("%d lookups overflowed", n)
		}
		if n := s.index.entries; n > 10 {
			t.Errorf("the index has %d entries", n)
		}
	})
}

// TestIdleMetricsAreSearchedEachQuarter counts the samples that searches read of
// a gauge, beside the one of each walk.
func TestIdleMetricsAreSearchedEachQuarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		calls := 0
		r.ScopeNamed("s").Gauge("g", func() float64 { calls++; return 1 })
		const walks = 61
		for range walks { // from 0 to 60 minutes
			r.Stats(func(SeriesKey, string, float64) {})
			time.Sleep(time.Minute)
		}
		if searches := calls - walks; searches != 5 {
			t.Errorf("%d searches, want one each quarter of an hour", searches)
		}
	})
}

func TestMetricIsIdleOnceTheTimeHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		s := r.ScopeNamed("s")
		s.Counter("c")
		for minutes := 0; minutes <= 60; minutes += 15 {
			r.Stats(func(SeriesKey, string, float64) {})
			if _, isWeak := s.index.reported()[0].(*weakSource); isWeak != (minutes == 60) {
				t.Errorf("after %d minutes: the counter is weak: %v", minutes, isWeak)
			}
			time.Sleep(15 * time.Minute)
		}
	})
}

func TestLimitSources(t *testing.T) {
	r := NewRegistry()
	old := r.ScopeNamed("old")
	r.LimitSources(2)
	for name, s := range map[string]*Scope{"a scope made before": old, "a scope made after": r.ScopeNamed("new")} {
		for i := range 5 {
			s.Counter(fmt.Sprint("c", i)).Inc(1)
		}
		got := Collect(s)
		shared := "overflow,kind=counter,overflow=true,scope=" + s.Name() + " value"
		if got[shared] != 3 {
			t.Errorf("%s: %v, want 3 in %s", name, got, shared)
		}
	}
	r.LimitSources(100)
	if old.Counter("c9").Inc(1); Collect(old)["c9,scope=old value"] != 1 {
		t.Errorf("a higher limit makes no room: %v", Collect(old))
	}
}

// TestReportedKindStaysReported has the reported one of two kinds with one name
// be forgotten and come again.
func TestReportedKindStaysReported(t *testing.T) {
	logTo(t, discard{})
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		s := r.ScopeNamed("s")
		s.Counter("x").Inc(5)
		detached := s.IntVal("x")
		walkForHours(t, r, 3)
		if n := sourcesOf(s); n != 0 {
			t.Fatalf("%d sources are left", n)
		}
		s.Counter("x").Inc(1)
		if got := Collect(s)["x,scope=s value"]; got != 1 {
			t.Errorf("the counter is %v, want 1", got)
		}
		if s.IntVal("x") != detached {
			t.Error("lookup returns another metric of the other kind")
		}
		wantUnique(t, r)
	})
}

// TestOverflowMetricIsRestored looks the overflow counter up at each step of its
// release.
func TestOverflowMetricIsRestored(t *testing.T) {
	logTo(t, discard{})
	for quarters := 3; quarters < 9; quarters++ {
		synctest.Test(t, func(t *testing.T) {
			r := NewRegistry()
			r.LimitSources(1)
			r.ExpireIdle(time.Hour)
			s := r.ScopeNamed("s")
			s.Gauge("stays", func() float64 { return 1 })
			for _, inc := range []int64{5, 1} {
				s.Counter("c").Inc(inc)
				for range quarters {
					time.Sleep(15 * time.Minute)
					wantUnique(t, r)
				}
			}
			s.Counter("c").Inc(1)
			wantUnique(t, r)
		})
	}
}
