package reporters

import (
	"bytes"
	"math"
	"strconv"
)

// WholeLines returns how many bytes of p are lines that end in a line feed.
func WholeLines(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// CutLine cuts the first line off text, which must be whole lines. It returns
// the line without its line feed and carriage return, with no room to append.
func CutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	line, rest = text[:end:end], text[end+1:]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	return line, rest
}

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
