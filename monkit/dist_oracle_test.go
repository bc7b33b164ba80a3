package monkit

import (
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"
)

// distOracle is a distribution beside all its values. Package histogram has
// one for what is recent.
type distOracle[T Number] struct {
	dist   *Dist[T]
	vals   []T
	recent T // the value that was added last
}

var hostileFloats = []func(r *rand.Rand) float64{
	func(r *rand.Rand) float64 { return r.NormFloat64() },
	func(r *rand.Rand) float64 { return math.Exp(20 * r.NormFloat64()) },
	func(r *rand.Rand) float64 { return -math.Exp(20 * r.NormFloat64()) },
	func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-.5) },
	func(r *rand.Rand) float64 { return math.MaxFloat64 * r.Float64() },
	func(r *rand.Rand) float64 { return 1e-300 * r.Float64() },
	func(r *rand.Rand) float64 { return float64(r.Intn(5) - 2) },
	func(r *rand.Rand) float64 { return math.Nextafter(math.Ldexp(1, r.Intn(60)), 0) },
}

var hostileInts = []func(r *rand.Rand) int64{
	func(r *rand.Rand) int64 { return 0 },
	func(r *rand.Rand) int64 { return math.MaxInt64 - int64(r.Intn(3)) },
	func(r *rand.Rand) int64 { return math.MinInt64 + int64(r.Intn(3)) },
	func(r *rand.Rand) int64 { return int64(r.Uint64()) >> r.Intn(64) },
	func(r *rand.Rand) int64 { return int64(r.Intn(5) - 2) },
}

// step does something to one of all, most often adds a value.
func step[T Number](r *rand.Rand, all []distOracle[T], next func(r *rand.Rand) T) {
	o, other := &all[r.Intn(len(all))], all[r.Intn(len(all))]
	switch r.Intn(100) {
	case 0, 1:
		if n := len(other.vals); n > 0 && len(o.vals)+n < 10_000 {
			o.dist.Merge(other.dist) // other may be o
			o.vals, o.recent = append(o.vals, other.vals...), other.recent
		}
	case 2:
		o.dist = o.dist.Copy()
	case 3:
		o.dist.Reset()
		o.vals, o.recent = nil, 0
	case 4:
		o.dist.clear()
		o.vals, o.recent = nil, 0
	default:
		v := next(r)
		if r.Intn(2) == 0 {
			o.dist.Insert(v)
		} else {
			o.dist.insertAt(v, ticks())
		}
		o.vals, o.recent = append(o.vals, v), v
	}
}

func (o *distOracle[T]) check(t *testing.T) {
	t.Helper()
	n := len(o.vals)
	if o.dist.Count != int64(n) || o.dist.Recent != o.recent {
		t.Errorf("count %d, recent %v, want %d and %v", o.dist.Count, o.dist.Recent, n, o.recent)
	}
	if n == 0 {
		if o.dist.Low != 0 || o.dist.High != 0 || o.dist.Sum != 0 || o.dist.FullAverage() != 0 {
			t.Errorf("without values: from %v to %v, sum %v, average %v", o.dist.Low, o.dist.High, o.dist.Sum, o.dist.FullAverage())
		}
		return
	}
	o.checkSum(t)
	slices.Sort(o.vals)
	low, high := o.vals[0], o.vals[n-1]
	if o.dist.Low != low || o.dist.High != high || o.dist.Query(0) != low || o.dist.Query(1) != high {
		t.Errorf("from %v to %v, recently to %v; want %v to %v", o.dist.Low, o.dist.High, o.dist.Query(1), low, high)
	}
}

func (o *distOracle[T]) checkSum(t *testing.T) {
	t.Helper()
	var sum T
	exact, size := 0.0, 0.0
	for _, v := range o.vals {
		sum += v
		exact += float64(v)
		size += math.Abs(float64(v))
	}
	if math.IsInf(size, 0) {
		return
	}
	if got := o.dist.Sum; got != sum && math.Abs(float64(got-sum)) > 1e-12*size {
		t.Errorf("sum %v, want %v", got, sum)
	}
	if got := o.dist.summary(ticks()).sum; math.Abs(got-exact*unit[T]()) > 1e-12*size*unit[T]() {
		t.Errorf("the sum is reported as %v, want %v", got, exact*unit[T]())
	}
	n := float64(len(o.vals))
	if got := float64(o.dist.FullAverage()); math.Abs(got-exact/n) > 1+1e-12*size {
		t.Errorf("the average is %v, want %v", got, exact/n)
	}
}

func againstAllValues[T Number](t *testing.T, shapes []func(r *rand.Rand) T) {
	for seed := range int64(300) {
		r := rand.New(rand.NewSource(seed))
		all := make([]distOracle[T], 1+r.Intn(4))
		for i := range all {
			all[i].dist = &Dist[T]{}
		}
		from := shapes[r.Intn(len(shapes)):]
		for range r.Intn(1000) {
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

// These do to distributions whatever may be done, in any order.
func TestFloatDistAgainstAllValues(t *testing.T) { againstAllValues(t, hostileFloats) }
func TestIntDistAgainstAllValues(t *testing.T)   { againstAllValues(t, hostileInts) }

func TestDurationDistAgainstAllValues(t *testing.T) {
	againstAllValues(t, []func(r *rand.Rand) time.Duration{
		func(r *rand.Rand) time.Duration { return time.Duration(r.Int63()) },
		func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * 1e6) },
	})
}
