package histogram

import (
	"math"
	"math/rand"
	"slices"
	"testing"
)

// TestOctavesAreBounded has values of any size. The octaves in use have a
// bound; the lowest values share a bucket, and none is missing.
func TestOctavesAreBounded(t *testing.T) {
	for name, exps := range map[string][]int{
		"rising":  {-1000, -500, 0, 500, 1000},
		"falling": {1000, 500, 0, -500, -1000},
		"mixed":   {0, 1000, -1000, 900, -1074},
	} {
		t.Run(name, func(t *testing.T) {
			var s Sliding[float64]
			for _, exp := range exps {
				for range 300 {
					insert(&s, math.Ldexp(1, exp), 0)
					insert(&s, -math.Ldexp(1, exp), 0)
				}
			}
			b := &s.current.buckets
			if p, n := len(b.positive.high), len(b.negative.high); p > maxOctaves || n > maxOctaves {
				t.Errorf("%d and %d octaves, want at most %d", p, n, maxOctaves)
			}
			highest := math.Ldexp(1, slices.Max(exps))
			if got := quantile(&s, .99, 0); !within1Percent(got, highest) {
				t.Errorf("r99 is %v, want %v", got, highest)
			}
			n := b.zeros
			for _, s := range []side{b.positive, b.negative} {
				for exp := s.first(); exp < s.end(); exp++ {
					n += s.octave(exp).total()
				}
			}
			if want := int64(600 * len(exps)); n != want {
				t.Errorf("the buckets have %d values, want %d", n, want)
			}
		})
	}
}

// TestSideTakesAtMost44KiB fills all octaves, so that each needs the rest of
// its counts too.
func TestSideTakesAtMost44KiB(t *testing.T) {
	var s side
	for exp := 1; exp < maxExponent; exp++ {
		i, _ := s.makeRoom(exp)
		s.addN(i, 1000)
	}
	size := len(s.low) + 8*len(s.high)
	for _, high := range s.high {
		if high != nil {
			size += 4 * len(high)
		}
	}
	if size > 44<<10 {
		t.Errorf("%d bytes, want at most 44 KiB", size)
	}
}

// TestFormerOutlierTakesNoRoom has a value from long ago whose octave is far
// above those of later values, which reuse its memory.
func TestFormerOutlierTakesNoRoom(t *testing.T) {
	var s Sliding[float64]
	insert(&s, 1e37, 0)
	s.Clear()
	for _, v := range []float64{1e-10, 2e-10, 3e-10} {
		insert(&s, v, 0)
	}
	if got := quantile(&s, .5, 0); !within1Percent(got, 2e-10) {
		t.Errorf("the median is %v, want 2e-10", got)
	}
}

func TestCountsOutgrowTheirByte(t *testing.T) {
	for _, v := range []int64{5, -5} {
		var s, o Sliding[int64]
		for range 1000 {
			insert(&s, v, 0)
			insert(&o, v, 0)
		}
		s.Merge(&o)
		s.Merge(&o)
		var n int64
		s.View(0).Octaves(func(_, _ float64, count int64) { n += count })
		if n != 3000 {
			t.Errorf("%d values of %d, want 3000", n, v)
		}
	}
}

func TestCountsSaturate(t *testing.T) {
	s := side{}
	s.makeRoom(1000)
	s.addN(3, math.MaxUint32<<8|200)
	s.addN(3, 100)
	if got := s.octave(1000).count(3); got < math.MaxUint32<<8 {
		t.Errorf("the count is %d: it wrapped around", got)
	}
}

// TestBucketMiddleIsNearAllValues holds the promise of quantiles: at most
// 0.78 % off.
func TestBucketMiddleIsNearAllValues(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 100_000 {
		v := math.Float64frombits(r.Uint64() &^ (1 << 63))
		bits := math.Float64bits(v)
		exp := int(bits >> fractionBits)
		if exp == 0 || exp == maxExponent {
			continue
		}
		got := bucketMiddle(exp, int(bits>>bucketShift%octaveSize))
		if off := math.Abs(got/v - 1); off > .0078 {
			t.Fatalf("%v is %v: %v off", v, got, off)
		}
	}
}
