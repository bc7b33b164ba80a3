package monkit

import (
	"math"
	"math/rand"
	"slices"
	"testing"
)

// shapes are where values come from, hostile ones too.
var shapes = []func(r *rand.Rand) float64{
	func(r *rand.Rand) float64 { return r.NormFloat64() },
	func(r *rand.Rand) float64 { return math.Exp(20 * r.NormFloat64()) },
	func(r *rand.Rand) float64 { return -math.Exp(20 * r.NormFloat64()) },
	func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-.5) },
	func(r *rand.Rand) float64 { return math.MaxFloat64 * r.Float64() },
	func(r *rand.Rand) float64 { return 1e-300 * r.Float64() },
	func(r *rand.Rand) float64 { return float64(r.Intn(5) - 2) },
	func(r *rand.Rand) float64 { return math.Ldexp(1, r.Intn(60)) },
	func(r *rand.Rand) float64 { return math.Nextafter(math.Ldexp(1, r.Intn(60)), 0) },
}

// oracle is a distribution beside all its values.
type oracle struct {
	dist *FloatDist
	vals []float64
}

// step does something to one of all, most often inserts a value.
func step(r *rand.Rand, all []oracle, shape func(r *rand.Rand) float64) {
	o, other := &all[r.Intn(len(all))], all[r.Intn(len(all))]
	switch r.Intn(400) {
	case 0:
		if o.dist != other.dist && len(o.vals)+len(other.vals) < 10_000 {
			o.dist.Merge(other.dist)
			o.vals = append(o.vals, other.vals...)
		}
	case 1:
		o.dist = o.dist.Copy()
	case 2:
		o.dist.Reset()
		o.vals = nil
	case 3:
		o.dist.drain()
		o.vals = nil
	default:
		v := shape(r)
		o.dist.Insert(v)
		o.vals = append(o.vals, v)
	}
}

// check compares the distribution with its values. Only those 38 decades below
// the greatest of their sign may lie beside it by more than 1 %.
func (o *oracle) check(t *testing.T) {
	t.Helper()
	slices.Sort(o.vals)
	n := len(o.vals)
	if o.dist.Count != int64(n) {
		t.Errorf("count %d, want %d", o.dist.Count, n)
	}
	if n == 0 {
		return
	}
	low, high := o.vals[0], o.vals[n-1]
	if o.dist.Low != low || o.dist.High != high {
		t.Errorf("from %v to %v, want %v to %v", o.dist.Low, o.dist.High, low, high)
	}
	for _, q := range []float64{0, .01, .1, .25, .5, .75, .9, .99, 1} {
		want := o.vals[int(math.Round(q*float64(n-1)))]
		tiny := max(high, 0) * 1e-38
		if want < 0 {
			tiny = -low * 1e-38
		}
		got := o.dist.Query(q)
		if !within1Percent(got, want) && (math.Abs(want) > tiny || math.Abs(got) > tiny) {
			t.Errorf("quantile %v is %v, want %v; values are from %v to %v", q, got, want, low, high)
		}
	}
}

// Whatever is done to distributions, they tell the truth about their values.
func TestDistsAgainstAllTheirValues(t *testing.T) {
	for seed := range int64(500) {
		r := rand.New(rand.NewSource(seed))
		all := make([]oracle, 1+r.Intn(4))
		for i := range all {
			all[i].dist = NewFloatDist(NewSeriesKey("d"))
		}
		from := shapes[r.Intn(len(shapes)):]
		for range r.Intn(2000) {
			step(r, all, from[r.Intn(len(from))])
		}
		for i := range all {
			all[i].check(t)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// An outlier costs later windows, which reuse its memory, none of their truth.
func TestOutliersOfFormerWindowsAreForgotten(t *testing.T) {
	d := NewFloatDist(NewSeriesKey("d"))
	d.Insert(1e37)
	d.drain()
	for _, v := range []float64{1e-10, 2e-10, 3e-10} {
		d.Insert(v)
	}
	if got := d.Query(.5); !within1Percent(got, 2e-10) {
		t.Errorf("the median is %v, want 2e-10", got)
	}
}
