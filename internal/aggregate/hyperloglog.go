package aggregate

import (
	"math"
	"math/bits"
)

// sketch estimates how many different hashes it was given, as HyperLogLog does,
// with a standard error of 0.81 %. The estimator is that of Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches" (2017), section 2: it needs no
// table of corrections and holds for small numbers as well.
type sketch [sketchSize]uint8

const (
	sketchBits = 14
	sketchSize = 1 << sketchBits
	// sketchRest is how many bits of a hash are left to count zeros in.
	sketchRest = 64 - sketchBits
)

func (s *sketch) add(hash uint64) {
	i := hash >> sketchRest
	rank := uint8(bits.LeadingZeros64(hash<<sketchBits|1<<(sketchBits-1))) + 1
	s[i] = max(s[i], rank)
}

func (s *sketch) count() float64 {
	var registers [sketchRest + 2]float64 // how many have a value
	for _, r := range s {
		registers[r]++
	}
	const m = float64(sketchSize)
	z := m * tau(1-registers[sketchRest+1]/m)
	for k := sketchRest; k >= 1; k-- {
		z = (z + registers[k]) / 2
	}
	z += m * sigma(registers[0]/m)
	return m * m / (2 * math.Ln2 * z)
}

// sigma is the sum of x and x^(2^k)·2^(k-1) for k from 1.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		if y += y; z == before {
			return z
		}
	}
}

// tau is a third of 1-x minus the sum of (1-x^(2^-k))²·2^-k for k from 1.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y /= 2
		if z -= (1 - x) * (1 - x) * y; z == before {
			return z / 3
		}
	}
}
