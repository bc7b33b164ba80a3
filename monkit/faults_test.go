package monkit

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A test whose name begins with TestFault shows a fault that the existing
// library has and this one has not. internal/policy has the list of all.

// typedNil is an error whose methods panic if it is a nil pointer.
type typedNil struct{ name string }

func (e *typedNil) Error() string        { return e.name }
func (e *typedNil) Name() (string, bool) { return e.name, true }

func TestFaultPanicWhileNamingAnErrorLocksTheFunc(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	f := s.FuncNamed("f")
	for range 2 { // the second run blocked for ever
		err := error((*typedNil)(nil))
		f.Task(nil)(&err)
	}
	var failed int64
	for _, n := range f.Errors() {
		failed += n
	}
	if failed != 2 {
		t.Errorf("errors %v, want 2", f.Errors())
	}
}

func TestFaultErrorHandlerMayNotReadTheFunc(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	own := errors.New("own")
	AddErrorNameHandler(func(err error) (string, bool) {
		if err != own {
			return "", false
		}
		return "seen", f.Success() == 0 && len(f.Errors()) == 0
	})
	f.Task(nil)(&own)
	if f.Errors()["seen"] != 1 {
		t.Errorf("errors %v, want one called seen", f.Errors())
	}
}

func TestFaultOneIdRevealsOthers(t *testing.T) {
	steps := make(map[int64]bool)
	last := NewId()
	for range 1000 {
		id := NewId()
		if id <= 0 {
			t.Fatalf("id %d", id)
		}
		steps[id-last] = true
		last = id
	}
	if len(steps) < 1000 {
		t.Errorf("1000 ids differ from the one before by %d numbers only", len(steps))
	}
}

func TestFaultTaskFuncBeforeTheFirstCall(t *testing.T) {
	task := NewRegistry().ScopeNamed("s").Task()
	if f := task.Func(); f == nil || f.ShortName() != "TestFaultTaskFuncBeforeTheFirstCall" {
		t.Errorf("the Func is %v, want that of this test", f)
	}
}

func TestFaultRawValCallbackMayNotObserve(t *testing.T) {
	v := NewRawVal(NewSeriesKey("v"), Sum)
	v.Observe(.5)
	v.Stats(func(SeriesKey, string, float64) { v.Observe(1) })
	v.Observe(nan())
	v.Observe(inf())
	if got := Collect(v)["v sum"]; got != 2.5 { // the existing library cuts sums to whole numbers
		t.Errorf("sum %v, want 2.5", got)
	}
}

func TestFaultStructOfNilsPanics(t *testing.T) {
	type inner struct{ N int }
	type outer struct {
		Pointer *inner
		Any     any
		Time    time.Time // its *Location is nil in UTC
		hidden  int
		A       int
	}
	got := Collect(StatSourceFromStruct(NewSeriesKey("s"), &outer{Time: time.Now().UTC(), hidden: 7, A: 1}))
	if len(got) != 1 || got["s A"] != 1 {
		t.Errorf("samples %v, want A alone", got)
	}
	for _, nothing := range []any{nil, (*outer)(nil), (*any)(nil), 7} {
		if got := Collect(StatSourceFromStruct(NewSeriesKey("s"), nothing)); len(got) != 0 {
			t.Errorf("%T emits %v, want nothing", nothing, got)
		}
	}
}

func TestFaultResetUnderRunningCalls(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("f"))
	end := f.Observe()
	f.Reset()
	end(nil)
	if f.Current() != 0 || f.Highwater() != 1 {
		t.Errorf("current %d, highwater %d, want 0 and 1", f.Current(), f.Highwater())
	}
}

func TestFaultEmptyDistAnswersStale(t *testing.T) {
	d := NewDurationDist(NewSeriesKey("d"))
	d.Insert(time.Hour)
	d.Reset()
	if q, avg := d.Query(.5), d.ReservoirAverage(); q != 0 || avg != 0 {
		t.Errorf("after Reset the median is %v and the average %v, want 0", q, avg)
	}
}

func TestFaultSeriesHasTwoSources(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	a, b := SeriesTag{"a", "1"}, SeriesTag{"b", "2"}
	s.Counter("c", a, b).Inc(1)
	s.Counter("c", b, a).Inc(1)
	src := fixed{NewSeriesKey("chained"), 1}
	s.Chain(src)
	s.Chain(src)
	seen := make(map[string]int)
	r.Stats(func(key SeriesKey, field string, _ float64) { seen[key.WithField(field)]++ })
	for name, n := range seen {
		if n > 1 {
			t.Errorf("%s is emitted %d times", name, n)
		}
	}
	if len(seen) != 4 {
		t.Errorf("samples %v, want 4", seen)
	}
}

func TestFaultTextOfTagsIsTakenForTags(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	one := s.Counter("c", SeriesTag{"k", "1,z=2"})
	two := s.Counter("c", SeriesTag{"k", "1"}, SeriesTag{"z", "2"})
	if one == two {
		t.Error("a tag with a comma in its value finds the counter with two tags")
	}
	one.Inc(1)
	two.Inc(2)
	if got := Collect(s); len(got) != 6 {
		t.Errorf("two counters emit %d samples, want 6: %v", len(got), got)
	}
}

func TestFaultMixedKindsPanic(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	s.Counter("x")
	s.IntVal("x").Observe(1)
	s.Gauge("x", func() float64 { return 1 })
	s.Event("x")
	s.FuncNamed("x").Task(nil)(nil) // no conflict: the measurement is function
	if got := Collect(s)["monkit_scope,scope=s kind_conflicts"]; got != 3 {
		t.Errorf("%v conflicts, want 3", got)
	}
}

// inlined is small enough to be inlined into its caller.
func inlined() *Scope { return Package() }

func TestFaultInlinedCallerHasNoPackage(t *testing.T) {
	if got := inlined().Name(); got != ownPackage {
		t.Errorf("the package is %q, want %q", got, ownPackage)
	}
}

func TestFaultMainIsCalledSlashMain(t *testing.T) {
	if pkg, _ := splitFunction("main.main"); pkg != "main" {
		t.Errorf("package main is %q", pkg)
	}
	if pkg, _ := splitFunction("gopkg.in/yaml%2ev3.Marshal"); pkg != "gopkg.in/yaml.v3" {
		t.Errorf("%%2e is not unescaped in %q", pkg)
	}
}

func TestFaultExtremesOfNothingDisagree(t *testing.T) {
	c := NewCounter(NewSeriesKey("c"))
	got := Collect(c)
	if _, emitted := got["c high"]; emitted || len(got) != 1 || c.High() != 0 || c.Low() != 0 {
		t.Errorf("samples %v, high %d, low %d", got, c.High(), c.Low())
	}
}

func TestFaultClocksAreMixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewRegistry().ScopeNamed("s")
		f := s.FuncNamed("f")
		var ctx context.Context
		end := f.Task(&ctx)
		running := s.Timer("t").Start()
		time.Sleep(time.Second)
		span := SpanFromCtx(ctx)
		if d, e := span.Duration(), running.Elapsed(); d != time.Second || e != time.Second {
			t.Errorf("after a second a span has run for %v and a timer for %v", d, e)
		}
		end(nil)
		if d := f.SuccessTimes().Recent; d != time.Second || running.Stop() != time.Second {
			t.Errorf("the run took %v, want 1s", d)
		}
		if start := span.Start(); !start.Equal(time.Now().Add(-time.Second)) {
			t.Errorf("the span started at %v, want a second ago", start)
		}
	})
}

func TestFaultValuesAreCutTo24Bits(t *testing.T) {
	for _, v := range []int64{1<<24 + 1, 1<<53 + 1, 1<<63 - 1, -1 << 63} {
		d := NewIntDist(NewSeriesKey("d"))
		d.Insert(v)
		if d.Query(0) != v || d.Query(1) != v || d.Query(.5) != v {
			t.Errorf("%d is returned as %d", v, d.Query(.5))
		}
	}
}

func TestFaultNaNPoisonsADistribution(t *testing.T) {
	v := NewFloatVal(NewSeriesKey("v"))
	for _, val := range []float64{1, nan(), 2, inf(), 3, -inf()} {
		v.Observe(val)
	}
	got := Collect(v)
	if got["v count"] != 3 || got["v sum"] != 6 || got["v min"] != 1 || got["v max"] != 3 || got["v rmax"] != 3 {
		t.Errorf("samples %v", got)
	}
	if q := v.Quantile(nan()); q != 1 { // panics in the existing library: index out of range
		t.Errorf("the quantile NaN is %v, want the smallest value", q)
	}
}

func TestFaultQuantilesAreOfEventsNotOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewIntVal(NewSeriesKey("v"))
		v.Observe(1_000_000) // recent for half a day in the existing library, at one value a minute
		for range 5 {
			time.Sleep(time.Minute)
			v.Observe(1)
		}
		if got := Collect(v); got["v rmax"] != 1 || got["v max"] != 1_000_000 {
			t.Errorf("samples %v", got)
		}
	})
}

// Window is how many values a distribution remembers in the existing library.
// Below 64, the first values stood for all later ones.
func TestFaultWindowFreezesTheTail(t *testing.T) {
	old := Window
	defer func() { Window = old }()
	Window = 1
	d := NewIntDist(NewSeriesKey("d"))
	for i := range int64(1000) {
		d.Insert(i)
	}
	if q := d.Query(.5); !within1Percent(float64(q), 500) {
		t.Errorf("the median is %d, want 500", q)
	}
}

// Goroutines call a Task for the first time, and its method Func, at once.
func TestFaultStoredTasksRace(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	for range 20 {
		task := s.Task()
		var wg sync.WaitGroup
		work := func() { defer task(nil)(nil) }
		for range 4 {
			wg.Go(work)
			wg.Go(func() { task.Func() })
		}
		wg.Wait()
	}
	if got := s.FuncNamed("TestFaultStoredTasksRace.func1").Success(); got != 80 {
		t.Errorf("the function ran %d times, want 80: %v", got, Collect(s))
	}
}

func TestFaultMeterHidesSpikes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMeter(NewSeriesKey("m"))
		time.Sleep(4 * time.Hour)
		for range 60 {
			m.Mark(100)
			time.Sleep(time.Second)
		}
		if rate := m.Rate(); rate < 80 || rate > 120 {
			t.Errorf("the rate is %v after a minute with 100 events a second", rate)
		}
		time.Sleep(5 * time.Minute)
		if rate := m.Rate(); rate != 0 || m.Total() != 6000 {
			t.Errorf("five minutes later the rate is %v and the total %v, want 0 and 6000", rate, m.Total())
		}
	})
}

func TestFaultArgumentsAreReadWhileTheyChange(t *testing.T) {
	r := NewRegistry()
	ctx := context.Background()
	arg := map[string]int{}
	end := r.ScopeNamed("s").FuncNamed("f").Task(&ctx, arg, &arg)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				arg[string(rune('a'+i%26))] = i // a concurrent read of the map ends the process
			}
		}
	}()
	for range 100 {
		r.AllSpans(func(s *Span) { io.WriteString(io.Discard, s.String()) })
	}
	close(stop)
	<-done
	end(nil)
}
