package reporters

import (
	"math"
	"strconv"
	"testing"

	"monkit.example/monkit"
)

func TestAppendFloat(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {1, "1"}, {-12, "-12"}, {0.5, "0.5"}, {1e-6, "0.000001"},
		{1e-7, "1e-07"}, {999999999999999, "999999999999999"}, {1e15, "1e+15"}, {-1e15, "-1e+15"}, {1 << 53, "9.007199254740992e+15"},
		{math.MaxFloat64, "1.7976931348623157e+308"}, {math.MinInt64, "-9.223372036854776e+18"},
	} {
		if got := string(AppendFloat(nil, tt.v)); got != tt.want {
			t.Errorf("%v is written as %s, want %s", tt.v, got, tt.want)
		}
	}
}

func FuzzAppendFloat(f *testing.F) {
	f.Add(0.1)
	f.Fuzz(func(t *testing.T, v float64) {
		if !Finite(v) {
			t.Skip("not a number that is written")
		}
		text := string(AppendFloat(nil, v))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != v {
			t.Errorf("%v is written %s and read %v, %v", v, text, back, err)
		}
	})
}

func TestFinite(t *testing.T) {
	for v, want := range map[float64]bool{0: true, -1: true, math.MaxFloat64: true, math.Inf(1): false, math.Inf(-1): false} {
		if Finite(v) != want {
			t.Errorf("Finite(%v) is %v", v, !want)
		}
	}
	if Finite(math.NaN()) {
		t.Error("NaN is finite")
	}
}

func TestCountersOfReceivedLines(t *testing.T) {
	own := monkit.NewSeriesKey("m").WithTag("scope", "app")
	points := func() []Point {
		return []Point{
			{Key: own, Field: "total"}, {Key: own, Field: "value"}, {Key: own, Field: "count", Kind: Sample},
			{Key: monkit.NewSeriesKey("m"), Field: "total"}, {Key: monkit.NewSeriesKey("m"), Field: "used"},
		}
	}
	for all, want := range map[bool][]Kind{false: {Counter, Gauge, Sample, Gauge, Gauge}, true: {Counter, Gauge, Sample, Counter, Gauge}} {
		got := points()
		MarkCounters(got, all)
		for i := range got {
			if got[i].Kind != want[i] {
				t.Errorf("all %v: point %d is a %v, want a %v", all, i, got[i].Kind, want[i])
			}
		}
	}
}

func TestKindOf(t *testing.T) {
	for field, want := range map[string]Kind{"total": Counter, "count": Counter, "failures": Counter, "value": Gauge, "r99": Gauge, "": Gauge} {
		if got := KindOf(field); got != want {
			t.Errorf("KindOf(%q) is %v, want %v", field, got, want)
		}
	}
}

func TestDeltasAreWhatCountersGrewBy(t *testing.T) {
	key := monkit.NewSeriesKey("m")
	for _, tt := range []struct {
		name   string
		id     uint32
		totals []float64
		want   []float64
	}{
		{"a counter of this process starts at zero", 1, []float64{5, 7, 7}, []float64{5, 2, 0}},
		{"a counter that was received starts at its first value", 0, []float64{5, 7, 7}, []float64{0, 2, 0}},
		{"a counter that shrank was restarted", 1, []float64{5, 3, 4}, []float64{5, 3, 1}},
		{"so was one that was received", 0, []float64{5, 3, 4}, []float64{0, 3, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Deltas
			for i, v := range tt.totals {
				p := Point{Key: key, Field: "total", Value: v, ID: tt.id}
				if got, ok := d.Next(&p, []byte("m.total")); got != tt.want[i] || !ok {
					t.Errorf("delta %d is %v, want %v", i, got, tt.want[i])
				}
			}
		})
	}
}

func TestMemoForgetsTheFormerOwnerOfANumber(t *testing.T) {
	var m Memo[int]
	a := Point{Key: monkit.NewSeriesKey("a"), Field: "f", ID: 7}
	v, fresh := m.Field(&a)
	if !fresh {
		t.Fatal("a new series is not fresh")
	}
	*v = 1
	if v, fresh = m.Field(&a); fresh || *v != 1 {
		t.Errorf("a known series: fresh %v, value %d", fresh, *v)
	}
	b := Point{Key: monkit.NewSeriesKey("b"), Field: "f", ID: 7}
	if v, fresh = m.Field(&b); !fresh || *v != 0 {
		t.Errorf("another series with the number: fresh %v, value %d", fresh, *v)
	}
	if v, _ = m.Field(&Point{}); v != nil {
		t.Error("a point without a number has a value")
	}
}

func TestKindsHaveDistinctNames(t *testing.T) {
	seen := map[string]bool{}
	for k := Gauge; k <= SetMember; k++ {
		if name := k.String(); name == "unknown" || seen[name] {
			t.Errorf("kind %d is named %q", k, name)
		} else {
			seen[name] = true
		}
	}
	if name := (SetMember + 1).String(); name != "unknown" {
		t.Errorf("an unknown kind is named %q", name)
	}
}
