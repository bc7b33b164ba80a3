package webpage

import "strconv"

// Quality parses the parameter q of an Accept or Accept-Encoding header. Without
// one it is 1 (RFC 9110, section 12.4.2). An invalid one counts as 0.
func Quality(q string) float64 {
	if q == "" {
		return 1
	}
	val, err := strconv.ParseFloat(q, 64)
	if err != nil || !(val >= 0 && val <= 1) {
		return 0
	}
	return val
}
