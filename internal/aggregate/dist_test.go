package aggregate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"monkit.example/monkit"
)

// ample is an account that has room for everything.
func ample() *account { return &account{limit: math.MaxInt64} }

// fields returns what d emits.
func (d *dist) fields(now int64, a *account) map[string]float64 {
	all := make(map[string]float64)
	d.emit(now, a, func(field string, val float64) { all[field] = val })
	return all
}

var shapes = map[string]func(r *rand.Rand) float64{
	"normal":       func(r *rand.Rand) float64 { return r.NormFloat64() },
	"milliseconds": func(r *rand.Rand) float64 { return math.Exp(3 + r.NormFloat64()) },
	"few values":   func(r *rand.Rand) float64 { return float64(r.IntN(4)) },
	"wide":         func(r *rand.Rand) float64 { return math.Copysign(math.Exp(15*r.NormFloat64()), r.Float64()-.3) },
	"zeros":        func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-.5) },
	"extremes":     func(r *rand.Rand) float64 { return []float64{1e-300, 1e300, -1e300, 5e-324}[r.IntN(4)] },
}

// The distribution of package monkit has the same fields, in the same order.
func TestDistIsLikeThatOfPackageMonkit(t *testing.T) {
	for name, shape := range shapes {
		synctest.Test(t, func(t *testing.T) { // no time passes
			r, d, acct, reference := rand.New(rand.NewPCG(1, 2)), new(dist), ample(), monkit.NewFloatVal(monkit.NewSeriesKey("m"))
			for range 500 {
				v := shape(r)
				reference.Observe(v)
				if !d.observe(v, 1, 0, acct) {
					t.Fatalf("%s: %v is not counted", name, v)
				}
			}
			var fields, want []string
			got := make(map[string]float64)
			d.emit(0, acct, func(field string, val float64) {
				fields = append(fields, field)
				got[field] = val
			})
			reference.Stats(func(_ monkit.SeriesKey, field string, val float64) {
				want = append(want, field)
				if math.Abs(got[field]-val) > .016*math.Abs(val)+1e-300 { // both may be wrong by 0.8 %
					t.Errorf("%s: %s is %v, want %v", name, field, got[field], val)
				}
			})
			if !slices.Equal(fields, want) {
				t.Errorf("%s: the fields are %v, want %v", name, fields, want)
			}
		})
	}
}

// observedAt is a value and when it was observed.
type observedAt struct {
	value, weight float64
	at            int64
}

func TestDistAgainstAllValues(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			r, d, acct := rand.New(rand.NewPCG(1, 2)), new(dist), ample()
			var all []observedAt
			for now := int64(0); now < 40*windowLength; now += r.Int64N(windowLength) {
				for range r.IntN(300) {
					v := observedAt{shape(r), float64(1 + r.IntN(3)), now}
					all = append(all, v)
					d.observe(v.value, v.weight, now, acct)
				}
				if r.IntN(10) == 0 {
					now += 3 * windowLength
				}
				compare(t, d.fields(now, acct), all, now)
			}
			if acct.used != d.taken() {
				t.Errorf("%d bytes are used and %d taken", acct.used, d.taken())
			}
		})
	}
}

// compare compares fields with the values that they are of.
func compare(t *testing.T, got map[string]float64, all []observedAt, now int64) {
	t.Helper()
	want := map[string]float64{"min": math.Inf(1), "max": math.Inf(-1)}
	var recent []float64
	var sum, weight, size float64
	for _, v := range all {
		size += math.Abs(v.value) * v.weight
		want["count"] += v.weight
		want["sum"] += v.value * v.weight
		want["min"], want["max"], want["recent"] = min(want["min"], v.value), max(want["max"], v.value), v.value
		if v.at >= now-now%windowLength-windowLength {
			recent = append(recent, v.value)
			sum, weight = sum+v.value*v.weight, weight+v.weight
		}
	}
	if len(all) == 0 {
		return
	}
	slices.Sort(recent)
	if n := len(recent); n > 0 {
		want["rmin"], want["rmax"], want["ravg"] = recent[0], recent[n-1], sum/weight
		for i, field := range quantileFields {
			rank, share := math.Modf(quantiles[i] * float64(n-1))
			low, high := recent[int(rank)], recent[min(int(rank)+1, n-1)]
			if v := got[field]; v < low-.008*math.Abs(low)-1e-307 || v > high+.008*math.Abs(high)+1e-307 {
				t.Errorf("%s is %v, want between %v and %v", field, v, low, high)
			}
			want[field] = low*(1-share) + high*share
		}
	}
	for field := range want {
		exact := 0.0
		switch field {
		case "count", "sum", "ravg":
			exact = 1e-12 * size // rounding
		case "r10", "r50", "r90", "r95", "r99", "r999":
			continue // compared above
		}
		if v, ok := got[field]; !ok || math.Abs(v-want[field]) > exact {
			t.Errorf("%s is %v, want %v", field, v, want[field])
		}
	}
	if len(got) != len(want) {
		t.Errorf("the fields are %v, want %v", got, want)
	}
}

func TestKeysAscend(t *testing.T) {
	values := []float64{-math.MaxFloat64, -1e300, -2, -1, -1e-300, -5e-324, math.Copysign(0, -1), 0, 5e-324, 1e-300, .99, 1, 1.02, 2, 1e300, math.MaxFloat64}
	for i, v := range values {
		if i > 0 && keyOf(v) < keyOf(values[i-1]) {
			t.Errorf("the key of %v is below that of %v", v, values[i-1])
		}
		bits := keyOf(v) << keyShift
		if low, high := valueOf(bits), valueOf(bits|(1<<keyShift-1)); v < low || v > high {
			t.Errorf("%v is not between the ends of its key, %v and %v", v, low, high)
		}
		if middle := middleOf(valueOf(bits), valueOf(bits|(1<<keyShift-1))); math.Abs(v) > 1e-307 && math.Abs(middle-v) > .0079*math.Abs(v) {
			t.Errorf("%v is counted as %v", v, middle)
		}
	}
}

func TestMiddleIsFinite(t *testing.T) {
	for coarse := uint8(0); coarse <= keyBits; coarse++ {
		for _, v := range []float64{-math.MaxFloat64, -1, 0, 5e-324, 1, math.MaxFloat64} {
			b := buckets{coarse: coarse, entries: []uint64{keyOf(v)>>coarse<<32 | 1}}
			if middle, n := b.at(0); !finite(middle) || n != 1 {
				t.Errorf("coarse by %d, %v is counted as %v", coarse, v, middle)
			}
		}
	}
}

func TestValuesFarApartTakeLittleMemory(t *testing.T) {
	d, acct := new(dist), ample()
	for _, v := range []float64{1e-300, 1e300, -1e-300, -1e300} {
		d.observe(v, 1, 0, acct)
	}
	if acct.used != 0 {
		t.Errorf("four values take %d bytes besides those of the series", acct.used)
	}
}

func TestBucketsGetCoarserWhereThereIsNoRoom(t *testing.T) {
	for _, limit := range []int64{0, 100, 1000, math.MaxInt64} {
		var b buckets
		acct, n := &account{limit: limit}, int64(0)
		for v := 1e-300; v < 1e300; v *= 1.3 {
			b.add(v, acct)
			b.add(-v, acct)
			n += 2
			if acct.used != b.taken() || acct.used > limit || len(b.entries) > maxBuckets {
				t.Fatalf("limit %d: %d bytes are used, %d taken, for %d buckets", limit, acct.used, b.taken(), len(b.entries))
			}
		}
		var sum, negative int64
		for i := range b.entries {
			_, count := b.at(i)
			sum += count
			if b.entries[i]>>32<<b.coarse < keyOf(0) {
				negative += count
			}
			if i > 0 && b.entries[i]>>32 <= b.entries[i-1]>>32 {
				t.Errorf("limit %d: the buckets %x do not ascend", limit, b.entries)
			}
		}
		if sum != n || negative != n/2 {
			t.Errorf("limit %d: %d values, %d of them negative, want %d and half of it", limit, sum, negative, n)
		}
		if b.free(acct); acct.used != 0 {
			t.Errorf("limit %d: %d bytes are used in the end", limit, acct.used)
		}
	}
}

func TestCoarseQuantilesAreNearTheirRank(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d, acct := new(dist), &account{limit: 256}
	var all []float64
	for range 10_000 {
		v := math.Exp(r.NormFloat64())
		all = append(all, v)
		d.observe(v, 1, 0, acct)
	}
	slices.Sort(all)
	got := d.fields(0, acct)
	for i, field := range quantileFields { // with 20 buckets over 10 octaves
		if want := all[int(quantiles[i]*float64(len(all)-1))]; got[field] < want/1.5 || got[field] > want*1.5 {
			t.Errorf("%s is %v, want about %v", field, got[field], want)
		}
	}
	if got["rmin"] != all[0] || got["rmax"] != all[len(all)-1] {
		t.Errorf("the extremes are %v and %v, want %v and %v", got["rmin"], got["rmax"], all[0], all[len(all)-1])
	}
}

func TestStaleDistFreesItsBuckets(t *testing.T) {
	d, acct := new(dist), ample()
	for minute := range int64(2) {
		for v := 1.0; v < 1000; v++ {
			d.observe(v, 1, minute*windowLength, acct)
		}
	}
	if d.emit(2*windowLength, acct, func(string, float64) {}); acct.used == 0 {
		t.Error("recent values take no memory")
	}
	got := d.fields(3*windowLength, acct)
	if acct.used != 0 || d.taken() != 0 {
		t.Errorf("%d bytes are used for values of three minutes ago", acct.used)
	}
	if _, found := got["r50"]; found || got["count"] != 1998 || got["max"] != 999 {
		t.Errorf("the fields are %v", got)
	}
}
