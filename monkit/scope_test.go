package monkit

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

func TestLookupFindsTheSameMetric(t *testing.T) {
	a, b := SeriesTag{"a", "1"}, SeriesTag{"b", "2"}
	s := NewRegistry().ScopeNamed("s")
	plain, tagged := s.Counter("c"), s.Counter("c", a, b)
	for _, tt := range []struct {
		name string
		got  *Counter
		want *Counter
	}{
		{"by name", s.Counter("c"), plain},
		{"by tags", s.Counter("c", a, b), tagged},
		{"tags in another order", s.Counter("c", b, a), tagged},
		{"a tag twice", s.Counter("c", a, b, a), tagged},
		{"a tag replaced", s.Counter("c", SeriesTag{"a", "9"}, b, a), tagged},
		{"a tag scope is ignored", s.Counter("c", SeriesTag{"scope", "x"}), plain},
		{"a tag scope among others is ignored", s.Counter("c", b, SeriesTag{"scope", "x"}, a), tagged},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: lookup returns another counter", tt.name)
		}
	}
	for name, c := range map[string]*Counter{
		"fewer tags":                  s.Counter("c", a),
		"other value":                 s.Counter("c", a, SeriesTag{"b", "3"}),
		"tag twice is not two tags":   s.Counter("c", a, a),
		"other name":                  s.Counter("d", a, b),
		"text of tags in one value":   s.Counter("c", SeriesTag{"a", "1,b=2"}),
		"text of tags in the name":    s.Counter("c,a=1,b=2"),
		"other scope":                 NewRegistry().ScopeNamed("s").Counter("c", a, b),
		"empty value is not no value": s.Counter("c", a, SeriesTag{"b", ""}),
	} {
		if c == plain || c == tagged {
			t.Errorf("%s: lookup returns the same counter", name)
		}
	}
}

func TestEveryKindEmitsItsSeries(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Counter("c", SeriesTag{"t", "v"}).Inc(1)
	s.Meter("m").Mark(2)
	s.Event("e")
	s.IntValf("i%d", 1).Observe(3)
	s.FloatValf("f%d", 1).Observe(.5)
	s.BoolValf("b%d", 1).Observe(true)
	s.DurationVal("d").Observe(1e9)
	s.Timer("t").Start().Stop()
	s.Gauge("g", func() float64 { return 6 })
	s.Gauge("g", func() float64 { return 7 })
	got := Collect(r)
	for name, want := range map[string]float64{
		"c,scope=s,t=v value": 1,
		"m,scope=s total":     2,
		"e,scope=s total":     1,
		"i1,scope=s max":      3,
		"f1,scope=s sum":      .5,
		"b1,scope=s true":     1,
		"d,scope=s r50":       1,
		"t,scope=s count":     1,
		"g,scope=s value":     7,
	} {
		if val, ok := got[name]; !ok || val != want {
			t.Errorf("%s is %v (%v), want %v", name, val, ok, want)
		}
	}
}

// In monkit/v3 the second kind panicked.
func TestMixedKindsBothWork(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Counter("x").Inc(1)
	s.IntVal("x").Observe(5)
	s.IntVal("x").Observe(6)
	if got := s.IntVal("x").Quantile(1); got != 6 {
		t.Errorf("the second kind has a maximum of %d, want 6", got)
	}
	want := map[string]float64{
		"x,scope=s value": 1, "x,scope=s high": 1, "x,scope=s low": 1,
		"monkit_scope,scope=s kind_conflicts":  1,
		"monkit_scope,scope=s callback_panics": 0,
		"monkit_scope,scope=s overflows":       0,
		"monkit_scope,scope=s unlisted_spans":  0,
	}
	if got := Collect(r); !maps.Equal(got, want) {
		t.Errorf("samples %v, want %v", got, want)
	}
	if s.FuncNamed("x").ShortName() != "x" || r.ScopeNamed("s").health.conflicts.Load() != 1 {
		t.Errorf("the name of a function conflicts with a measurement")
	}
}

func TestSourcesBeyondTheLimitShareOne(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.index.setLimit(3)
	kept := s.Counter("c0")
	for i := range 10 {
		s.Counter(fmt.Sprint("c", i)).Inc(1)
		s.Counter("c", SeriesTag{"n", fmt.Sprint(i)}).Inc(1)
	}
	s.FuncNamed("f")
	if s.Counter("c0") != kept || kept.Current() != 1 {
		t.Errorf("a counter made before the limit was reached is lost")
	}
	got := Collect(r)
	if val := got["overflow,kind=counter,overflow=true,scope=s value"]; val != 17 {
		t.Errorf("the overflow counter is %v, want 17: %v", val, got)
	}
	if val := got["monkit_scope,scope=s overflows"]; val != 18 {
		t.Errorf("%v overflows, want 18", val)
	}
	if _, ok := got["function,kind=func,name=overflow,overflow=true,scope=s total"]; !ok {
		t.Errorf("there is no overflow Func: %v", got)
	}
}

func TestScopesBeyondTheLimitShareOne(t *testing.T) {
	r := NewRegistry()
	for i := range maxScopes {
		r.ScopeNamed(fmt.Sprint(i))
	}
	if a, b := r.ScopeNamed("a"), r.ScopeNamed("b"); a != b || a.Name() != overflowName {
		t.Errorf("scopes %q and %q", a.Name(), b.Name())
	}
}

func TestWalkIsOrdered(t *testing.T) {
	r := NewRegistry()
	for _, name := range []string{"b", "c", "a"} {
		s := r.ScopeNamed(name)
		s.Gauge("z", func() float64 { return 0 })
		s.Gauge("y", func() float64 { return 0 })
	}
	var got []string
	r.Stats(func(key SeriesKey, _ string, _ float64) { got = append(got, key.String()) })
	want := []string{"z,scope=a", "y,scope=a", "z,scope=b", "y,scope=b", "z,scope=c", "y,scope=c"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	r.ScopeNamed("aa")
	var names []string
	r.Scopes(func(s *Scope) { names = append(names, s.Name()) })
	if want := []string{"a", "aa", "b", "c"}; !slices.Equal(names, want) {
		t.Errorf("scopes %v, want %v", names, want)
	}
}

func TestGaugePanicIsCounted(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Gauge("bad", func() float64 { panic("no") })
	s.Gauge("nil", nil)
	s.Gauge("good", func() float64 { return 1 })
	got := Collect(r)
	if len(got) != 5 || got["good,scope=s value"] != 1 || got["monkit_scope,scope=s callback_panics"] != 1 {
		t.Errorf("samples %v", got)
	}
}

// A callback may use the scope that calls it.
func TestCallbacksRunOutsideLocks(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	busy := func() {
		s.Counter("made inside").Inc(1)
		s.Chain(StatSourceFunc(func(func(SeriesKey, string, float64)) {}))
		r.ScopeNamed("made inside")
		s.Gauge("g", nil)
	}
	s.Gauge("g", func() float64 { busy(); return 1 })
	s.Attach(StatSourceFunc(func(func(SeriesKey, string, float64)) { busy() }))
	s.FuncNamed("f")
	s.IntVal("i").Observe(1)
	r.Stats(func(SeriesKey, string, float64) {
		busy()
		s.IntVal("i").Observe(1)
		r.Funcs(func(*Func) { busy() })
	})
}

func TestTransformersChangeStatsOnly(t *testing.T) {
	double := CallbackTransformerFunc(func(cb func(SeriesKey, string, float64)) func(SeriesKey, string, float64) {
		return func(key SeriesKey, field string, val float64) { cb(key, field, 2*val) }
	})
	r := NewRegistry()
	derived := r.WithTransformers(double).WithTransformers(double)
	derived.ScopeNamed("s").Counter("c").Inc(1)
	const name = "c,scope=s value"
	if a, b := Collect(r)[name], Collect(derived)[name]; a != 1 || b != 4 {
		t.Errorf("plain %v, derived %v", a, b)
	}
	if got := Collect(TransformStatSource(r, double))[name]; got != 2 {
		t.Errorf("the transformed source emits %v, want 2", got)
	}
}
