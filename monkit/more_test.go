package monkit

import (
	"maps"
	"sync"
	"testing"
	"time"
)

func TestDeltaTransformer(t *testing.T) {
	m := NewMeter(NewSeriesKey("m"))
	src := TransformStatSource(m, NewDeltaTransformer())
	m.Mark(3)
	if _, ok := Collect(src)["m delta"]; ok {
		t.Errorf("the first pass has a delta")
	}
	m.Mark(4)
	if got := Collect(src)["m delta"]; got != 4 {
		t.Errorf("delta %v, want 4", got)
	}
}

func TestDiffMeter(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	a, b := s.Meter("a"), s.Meter("b")
	s.DiffMeter("d", a, b)
	s.DiffMeter("d", b, a) // there is one
	s.DiffMeter("half", nil, b)
	a.Mark(5)
	b.Mark(2)
	got := Collect(r)
	if got["d,scope=s total"] != 3 || got["d,scope=s rate"] != 3 || got["half,scope=s total"] != -2 {
		t.Errorf("samples %v", got)
	}
}

func TestRawVal(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	v := s.RawValk(NewSeriesKey("v").WithTag("a", "1"), Count, Sum)
	if s.RawValk(NewSeriesKey("v").WithTag("a", "1"), Count) != v || s.RawVal("v", SeriesTag{"a", "1"}) != v {
		t.Errorf("the same key is another value")
	}
	v.Observe(.5)
	v.Observe(.25)
	s.RawValf("w%d", 1).Observe(7)
	want := map[string]float64{
		"v,a=1,scope=s recent": .25, "v,a=1,scope=s count": 2, "v,a=1,scope=s sum": .75,
		"w1,scope=s recent": 7,
	}
	if got := Collect(r); !maps.Equal(got, want) || v.Get() != .25 {
		t.Errorf("samples %v, want %v", got, want)
	}
}

// The existing library aggregated outside its lock and told inside.
func TestRawValIsConcurrent(t *testing.T) {
	v := NewRawVal(NewSeriesKey("v"), Count, Sum)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				v.Observe(1)
				v.Stats(func(SeriesKey, string, float64) { v.Get() })
			}
		})
	}
	wg.Wait()
	if got := Collect(v)["v sum"]; got != 400 {
		t.Errorf("sum %v", got)
	}
}

func TestRawValPanicsAreCounted(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	v := s.RawValk(NewSeriesKey("v"), func() (func(float64), func() (string, float64)) {
		return func(float64) { panic("no") }, func() (string, float64) { panic("no") }
	})
	v.Observe(1)
	if got := Collect(v); len(got) != 1 || s.health.panics.Load() != 2 {
		t.Errorf("samples %v, %d panics", got, s.health.panics.Load())
	}
}

func TestStructVal(t *testing.T) {
	type inner struct {
		N    uint8
		Skip int `monkit:"ignore,other"`
	}
	type list struct{ Next *list }
	loop := new(list)
	loop.Next = loop
	n := 5
	for _, tt := range []struct {
		name string
		val  interface{}
		want map[string]float64
	}{
		{"nothing observed", nil, nil},
		{"numbers", struct {
			I int
			F float64
			B bool
			D time.Duration
			U uintptr
			x int
		}{1, .5, true, time.Second, 3, 9}, map[string]float64{"v I": 1, "v F": .5, "v B": 1, "v D": 1e9, "v U": 3}},
		{"nested", struct{ A inner }{inner{4, 9}}, map[string]float64{"v A.N": 4}},
		{"pointers", &struct {
			A *inner
			N *int
		}{&inner{4, 9}, &n}, map[string]float64{"v A.N": 4, "v N": 5}},
		{"nil pointers", struct {
			A *inner
			N *int
			E error
		}{}, nil},
		{"nil pointer", (*inner)(nil), nil},
		{"time of UTC", struct{ T time.Time }{time.Now().UTC()}, nil},
		{"no numbers", struct {
			S string
			M map[string]int
			L []int
			C chan int
		}{}, nil},
		{"leads back to itself", loop, nil},
		{"no struct", 5, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := NewStructVal(NewSeriesKey("v"))
			if tt.val != nil {
				v.Observe(tt.val)
			}
			if got := Collect(v); !maps.Equal(got, tt.want) {
				t.Errorf("samples %v, want %v", got, tt.want)
			}
		})
	}
	s := NewRegistry().ScopeNamed("s")
	s.StructVal("v").Observe(inner{N: 1})
	if got := Collect(s)["v,scope=s N"]; got != 1 {
		t.Errorf("N is %v", got)
	}
}
