package histogram

import (
	"math"
	"time"
)

// Number is the type of the values of a histogram.
type Number interface {
	int64 | float64 | time.Duration
}

// IsFloat reports whether T holds fractions.
func IsFloat[T Number]() bool {
	half := 0.5
	return T(half) != 0
}

// Saturate returns v as a T, or the lowest or highest finite T if v is beyond
// it.
func Saturate[T Number](v float64) T { return clamp(v, lowest[T](), highest[T]()) }

// clamp returns v as a T between low and high. It compares before it converts:
// the conversion of a float beyond the range of T is not defined.
func clamp[T Number](v float64, low, high T) T {
	switch {
	case v <= float64(low):
		return low
	case v >= float64(high):
		return high
	}
	return T(v)
}

func lowest[T Number]() T {
	if IsFloat[T]() {
		low := -math.MaxFloat64
		return T(low)
	}
	low := int64(math.MinInt64)
	return T(low)
}

func highest[T Number]() T {
	if IsFloat[T]() {
		high := math.MaxFloat64
		return T(high)
	}
	high := int64(math.MaxInt64)
	return T(high)
}

// bitsOf returns the IEEE 754 format of v; its leading bits are the bucket.
func bitsOf[T Number](v T) uint64 { return math.Float64bits(float64(v)) }
