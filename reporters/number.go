package reporters

import (
	"math"
	"strconv"
)

// AppendFloat appends v in the shortest form that reads back as v: without an
// exponent from 1e-6 up to 1e15, and negative zero as 0. v must be finite.
func AppendFloat(dst []byte, v float64) []byte {
	if i := int64(v); float64(i) == v && -1e15 < v && v < 1e15 {
		return strconv.AppendInt(dst, i, 10) // several times faster, and most values are whole
	}
	if a := math.Abs(v); a >= 1e-6 && a < 1e15 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// Finite reports whether v is neither NaN nor infinite, so that a format can
// hold it.
func Finite(v float64) bool { return v-v == 0 }
