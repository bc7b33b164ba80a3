package endpoint

import (
	"strconv"
	"strings"
)

// ParseSize parses a number of bytes, or of KiB, MiB or GiB if one of these units
// follows.
func ParseSize(s string) (int64, error) {
	shift := 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			s, shift = digits, 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(s, 10, 31) // shifted by 30 it still fits
	return int64(n) << shift, err
}
