package endpoint

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the units of sizes in lower case. As with GNU dd, K and KiB are
// 1024 bytes, and KB is 1000.
var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "kib": 1 << 10, "kb": 1e3,
	"m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
	"g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
	"t": 1 << 40, "tib": 1 << 40, "tb": 1e12,
}

// maxSize bounds sizes: a float64 has every whole number below it.
const maxSize = 1 << 53

// ParseSize parses a number of bytes, such as 4096, 64KiB, 16M, 1.5GiB or 10MB.
// Units are K, M, G and T, alone or with iB for powers of 1024, or with B for
// powers of 1000; their case does not matter. The result must be whole. Callers
// say in their errors what to write instead.
func ParseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit, known := sizeUnits[strings.ToLower(s[len(digits):])]
	n, err := parseNumber(digits)
	size := n * unit
	if err != nil || !known || size != math.Trunc(size) || size >= maxSize {
		return 0, errors.New("not a size")
	}
	return int64(size), nil
}

// FormatSize returns n as ParseSize parses it, in the largest unit of which it is
// a multiple.
func FormatSize(n int64) string {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if size := int64(sizeUnits[strings.ToLower(unit)]); n >= size && n%size == 0 {
			return strconv.FormatInt(n/size, 10) + unit
		}
	}
	return strconv.FormatInt(n, 10)
}

// parseNumber parses digits with at most one point between them. It accepts
// neither signs nor exponents.
func parseNumber(s string) (float64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if !isDigits(whole) || point && !isDigits(fraction) {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
