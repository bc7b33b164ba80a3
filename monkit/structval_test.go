package monkit

import (
	"maps"
	"testing"
	"time"
)

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
