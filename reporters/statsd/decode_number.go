package statsd

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"monkit.example/internal/decimal"
)

// parseNumber parses p, which has no white space around it, as the reference daemon
// does, which is JavaScript's Number: in decimal notation with or without an exponent,
// or as a whole number after 0x, 0o or 0b. It returns errInfinite for NaN, infinities
// and numbers beyond the range, however they are written. White space alone is no
// number here; Number makes 0 of it.
func parseNumber(p []byte) (float64, error) {
	if v, ok := decimal.Parse(p); ok {
		return v, nil
	}
	return parseUnusual(p)
}

// maxUnusual is more digits than a float64 has in any base.
const maxUnusual = 1100

// parseUnusual is parseNumber for what decimal.Parse rejects.
func parseUnusual(p []byte) (float64, error) {
	if len(p) > 2 && p[0] == '0' {
		if base := baseOf(p[1]); base > 0 {
			return parseWhole(bytes.TrimLeft(p[2:], "0"), base)
		}
	}
	switch strings.ToLower(strings.TrimLeft(string(p[:min(len(p), 16)]), "+-")) {
	case "nan", "inf", "infinity":
		return 0, errInfinite
	}
	if _, err := strconv.ParseFloat(string(p), 64); errors.Is(err, strconv.ErrRange) && p[len(p)-1] <= '9' {
		return 0, errInfinite // in decimal notation, or decimal.Parse would have
	}
	return 0, errValue
}

// baseOf returns the base of numbers that start with 0 and c, or 0.
func baseOf(c byte) int {
	switch c | 0x20 {
	case 'x':
		return 16
	case 'o':
		return 8
	case 'b':
		return 2
	}
	return 0
}

// parseWhole parses digits, without leading zeros.
func parseWhole(digits []byte, base int) (float64, error) {
	if len(digits) == 0 {
		return 0, nil
	}
	for _, c := range digits {
		if n := digitOf(c); n < 0 || n >= base {
			return 0, errValue
		}
	}
	if len(digits) > maxUnusual {
		return 0, errInfinite
	}
	n, _ := new(big.Int).SetString(string(digits), base)
	v, _ := new(big.Float).SetInt(n).Float64()
	if math.IsInf(v, 0) {
		return 0, errInfinite
	}
	return v, nil
}

// digitOf returns the value of a digit, or -1.
func digitOf(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
