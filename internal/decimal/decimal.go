// Package decimal writes and parses the numbers of text formats: call [Append] and
// [Parse].
package decimal

import (
	"strconv"
	"unsafe"
)

// exact holds the powers of ten that are exact as float64. One division by them
// rounds as strconv does.
var exact = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
	1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// maxDigits keeps the digits of a number, read as one integer, below 1<<53.
const maxDigits = 15

// Parse returns the number that p is, and reports whether the whole of p is one: a
// finite number in decimal notation, with or without an exponent. Spaces,
// underscores, hexadecimal digits, "inf", "nan" and numbers beyond the range of
// float64 are rejected. Parse does not allocate.
func Parse(p []byte) (v float64, ok bool) {
	i := 0
	negative := len(p) > 0 && p[0] == '-'
	if negative || len(p) > 0 && p[0] == '+' {
		i = 1
	}
	start, dot := i, -1
	var digits uint64
	for ; i < len(p); i++ {
		switch c := p[i]; {
		case c-'0' <= 9:
			digits = digits*10 + uint64(c-'0')
		case c == '.' && dot < 0:
			dot = i
		default:
			return parseSlow(p)
		}
	}
	n, places := i-start, 0
	if dot >= 0 {
		n, places = n-1, len(p)-1-dot
	}
	if n == 0 {
		return 0, false
	}
	if n > maxDigits {
		return parseSlow(p)
	}
	v = float64(digits) / exact[places]
	if negative {
		v = -v
	}
	return v, true
}

// parseSlow parses what Parse does not: exponents and more than maxDigits digits.
func parseSlow(p []byte) (float64, bool) {
	for _, c := range p {
		if c-'0' > 9 && c != '.' && c != 'e' && c != 'E' && c != '-' && c != '+' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(p), len(p)), 64)
	return v, err == nil
}
