package monkit

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// hours walks the registry every five minutes for so long, and collects
// garbage each time.
func hours(t *testing.T, r *Registry, n int) {
	t.Helper()
	for range 12 * n {
		time.Sleep(5 * time.Minute)
		r.Stats(func(SeriesKey, string, float64) {})
		runtime.GC()
	}
}

func sourcesOf(s *Scope) int { return len(s.index.all()) }

// TestIdleMetricsAreForgotten has one of every kind that nobody holds.
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

		hours(t, r, 3)
		if n := sourcesOf(s); n != 12 {
			t.Fatalf("%d sources are left of 12, and nobody said that they go", n)
		}
		r.ExpireIdle(time.Hour)
		hours(t, r, 3)
		if n := sourcesOf(s); n != 2 {
			t.Errorf("%d sources are left, want the gauge and the difference: %v", n, Collect(s))
		}
		if n := s.index.entries; n != 2 {
			t.Errorf("the table has %d entries", n)
		}
		c := s.Counter("c")
		if c.Inc(1); Collect(s)["c,scope=s value"] != 1 {
			t.Errorf("what was forgotten does not begin anew: %v", Collect(s))
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
			t.Errorf("what is held does not count any more: %v", Collect(s))
		}
		if again := s.Counter("held"); again != held {
			t.Errorf("what is held is not found again")
		}
		runtime.KeepAlive(held)
	})
}

// TestWhatIsAskedForAgainStays asks for an idle counter at each step of its
// way out.
func TestWhatIsAskedForAgainStays(t *testing.T) {
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

// TestForgettingMakesRoom fills a scope to its limit with what is used once.
func TestForgettingMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		s := r.ScopeNamed("s")
		s.index.setLimit(10)
		for round := range 5 {
			for i := range 10 {
				s.Counter(fmt.Sprint("c", round, "_", i)).Inc(1)
			}
			hours(t, r, 2)
		}
		if n := s.health.overflows.Load(); n != 0 {
			t.Errorf("%d did not fit", n)
		}
		if n := s.index.entries; n > 10 {
			t.Errorf("the table has %d entries", n)
		}
	})
}

func TestLimitSources(t *testing.T) {
	r := NewRegistry()
	old := r.ScopeNamed("old")
	r.LimitSources(2)
	for name, s := range map[string]*Scope{"a scope from before": old, "a new one": r.ScopeNamed("new")} {
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

// TestANameOfTwoKindsBeginsAnew has the kind that is told be forgotten.
func TestANameOfTwoKindsBeginsAnew(t *testing.T) {
	logTo(t, discard{})
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		r.ExpireIdle(time.Hour)
		s := r.ScopeNamed("s")
		s.Counter("x").Inc(5)
		detached := s.IntVal("x")
		hours(t, r, 3)
		if n := sourcesOf(s); n != 0 {
			t.Fatalf("%d sources are left", n)
		}
		s.Counter("x").Inc(1)
		if got := Collect(s)["x,scope=s value"]; got != 1 {
			t.Errorf("the counter is %v, want 1", got)
		}
		if s.IntVal("x") != detached {
			t.Error("the other kind is another now")
		}
		wantUnique(t, r)
	})
}

// TestOverflowIsAskedForAgain has what stands for all beyond the limit be on
// its way out when it is needed again.
func TestOverflowIsAskedForAgain(t *testing.T) {
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
