package reporters

import "monkit.example/internal/decimal"

// AppendFloat appends v in the shortest form that reads back as v: without an
// exponent from 1e-6 up to 1e15, and negative zero as 0. v must be finite.
func AppendFloat(dst []byte, v float64) []byte { return decimal.Append(dst, v) }

// Finite reports whether v is neither NaN nor infinite, so that a format can
// hold it.
func Finite(v float64) bool { return v-v == 0 }
