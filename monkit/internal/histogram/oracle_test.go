package histogram

import (
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"
)

// oracle is a histogram beside all its values.
type oracle[T Number] struct {
	sliding Sliding[T]
	values  []timedValue[T]
}

type timedValue[T Number] struct {
	val  T
	when int64
}

var floats = []func(r *rand.Rand) float64{
	func(r *rand.Rand) float64 { return r.NormFloat64() },
	func(r *rand.Rand) float64 { return math.Exp(20 * r.NormFloat64()) },
	func(r *rand.Rand) float64 { return -math.Exp(20 * r.NormFloat64()) },
	func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-.5) },
	func(r *rand.Rand) float64 { return 1e300 * r.Float64() },
	func(r *rand.Rand) float64 { return 1e-300 * r.Float64() },
	func(r *rand.Rand) float64 { return float64(r.Intn(5) - 2) },
	func(r *rand.Rand) float64 { return math.Ldexp(1, r.Intn(60)) },
	func(r *rand.Rand) float64 { return math.Nextafter(math.Ldexp(1, r.Intn(60)), 0) },
}

var integers = []func(r *rand.Rand) int64{
	func(r *rand.Rand) int64 { return 0 },
	func(r *rand.Rand) int64 { return math.MaxInt64 - int64(r.Intn(3)) },
	func(r *rand.Rand) int64 { return math.MinInt64 + int64(r.Intn(3)) },
	func(r *rand.Rand) int64 { return int64(r.Uint64()) >> r.Intn(64) },
	func(r *rand.Rand) int64 { return int64(r.Intn(5) - 2) },
}

// step does something to one of all, most often counts a value, and returns
// the time after it.
func step[T Number](r *rand.Rand, all []oracle[T], now int64, next func(r *rand.Rand) T) int64 {
	o, other := &all[r.Intn(len(all))], &all[r.Intn(len(all))]
	switch r.Intn(60) {
	case 0, 1, 2:
		if len(o.values)+len(other.values) < 1000 {
			o.values = append(o.values, other.values...) // o may be other
			o.sliding.Merge(&other.sliding)
		}
	case 3:
		*o = oracle[T]{other.sliding.Clone(), slices.Clone(other.values)}
	case 4:
		o.sliding.Clear()
		o.values = nil
	case 5:
		now += r.Int63n(100 * second)
	default:
		v := next(r)
		insert(&o.sliding, v, now)
		o.values = append(o.values, timedValue[T]{v, now})
	}
	return now
}

// recent returns the sorted values of the window of now and the one before.
func (o *oracle[T]) recent(now int64) (vals []T) {
	for _, v := range o.values {
		if windowStart(v.when) >= windowStart(now)-windowLength {
			vals = append(vals, v.val)
		}
	}
	slices.Sort(vals)
	return vals
}

// check compares the histogram with its values. Only floats 38 decades below
// the greatest of their sign may be more than 1 % off.
func (o *oracle[T]) check(t *testing.T, now int64) {
	t.Helper()
	vals := o.recent(now)
	n := len(vals)
	view := o.sliding.View(now)
	if view.Fresh != (n > 0) {
		t.Errorf("fresh is %v with %d recent values", view.Fresh, n)
	}
	exact, size := 0.0, 0.0
	for _, v := range o.values {
		exact += float64(v.val)
		size += math.Abs(float64(v.val))
	}
	if got := o.sliding.Sum(); math.Abs(got-exact) > 1e-12*size {
		t.Errorf("the sum is %v, want %v", got, exact)
	}
	if n == 0 {
		return
	}
	var total int64
	view.Octaves(func(low, high float64, count int64) { total += count })
	if total != int64(n) {
		t.Errorf("the octaves have %d values, want %d", total, n)
	}
	low, high := float64(vals[0]), float64(vals[n-1])
	quantiles := []float64{0, .01, .1, .25, .5, .9, .99, 1}
	out := make([]T, len(quantiles))
	view.Quantiles(quantiles, out)
	for i, q := range quantiles {
		got, want, around := float64(out[i]), exactQuantile(vals, q), neighbours(vals, q)
		off := .01 * around
		if !IsFloat[T]() {
			off++ // fractions are cut off
		}
		tiny := max(high, -low) * 1e-38
		if math.Abs(got-want) > off && (around > tiny || math.Abs(got) > tiny) {
			t.Errorf("quantile %v is %v, want %v; values are from %v to %v", q, got, want, low, high)
		}
	}
}

// exactQuantile returns quantile q of the sorted vals as type 7 of Hyndman and Fan
// defines it.
func exactQuantile[T Number](vals []T, q float64) float64 {
	whole, share := math.Modf(q * float64(len(vals)-1))
	low, high := float64(vals[int(whole)]), float64(vals[min(int(whole)+1, len(vals)-1)])
	return low*(1-share) + high*share
}

// neighbours returns how far from zero the two values are that a quantile lies between,
// weighted by how near they are to it: that of which it may be 1 % off.
func neighbours[T Number](vals []T, q float64) float64 {
	whole, share := math.Modf(q * float64(len(vals)-1))
	low, high := float64(vals[int(whole)]), float64(vals[min(int(whole)+1, len(vals)-1)])
	return math.Abs(low)*(1-share) + math.Abs(high)*share
}

func (o *oracle[T]) checkAverage(t *testing.T, now int64) {
	t.Helper()
	vals := o.recent(now)
	if len(vals) == 0 {
		return
	}
	sum, size := 0.0, 0.0
	for _, v := range vals {
		sum += float64(v) / float64(len(vals))
		size += math.Abs(float64(v)) / float64(len(vals))
	}
	if got := float64(o.sliding.View(now).Average()); math.Abs(got-sum) > 1+1e-12*size {
		t.Errorf("the average is %v, want %v", got, sum)
	}
}

func againstAllValues[T Number](t *testing.T, shapes []func(r *rand.Rand) T) {
	for seed := range int64(150) {
		r := rand.New(rand.NewSource(seed))
		all := make([]oracle[T], 1+r.Intn(4))
		now := r.Int63n(1000*second) - 500*second
		from := shapes[r.Intn(len(shapes)):]
		for i := range r.Intn(1000) {
			now = step(r, all, now, from[r.Intn(len(from))])
			if i%50 == 0 {
				all[r.Intn(len(all))].check(t, now)
			}
		}
		for i := range all {
			all[i].check(t, now)
			all[i].checkAverage(t, now)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// These do to histograms, over time, whatever may be done, in any order.
func TestFloatsAgainstAllValues(t *testing.T)   { againstAllValues(t, floats) }
func TestIntegersAgainstAllValues(t *testing.T) { againstAllValues(t, integers) }

func TestDurationsAgainstAllValues(t *testing.T) {
	againstAllValues(t, []func(r *rand.Rand) time.Duration{
		func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * 1e6) },
	})
}
