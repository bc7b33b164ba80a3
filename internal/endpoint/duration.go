package endpoint

import (
	"errors"
	"strings"
	"time"
)

// ParseDuration parses a time such as 500ms, 10s, 1h30m, 7d or 2w: the grammar of
// time.ParseDuration with days of 24 hours and weeks, and without a sign. A
// number without a unit is seconds. Callers say in their errors what to write
// instead.
func ParseDuration(s string) (time.Duration, error) {
	if n, err := parseNumber(s); err == nil {
		return duration(n, time.Second)
	}
	var sum time.Duration
	rest := s
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := parseNumber(number)
		if err != nil {
			return 0, errDuration
		}
		d, err := duration(n, unit.size)
		if err != nil || sum+d < sum {
			return 0, errDuration
		}
		sum, rest = sum+d, after
	}
	if rest == "" && s != "" {
		return sum, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || strings.ContainsAny(rest, "+-") || sum+d < sum {
		return 0, errDuration
	}
	return sum + d, nil
}

var errDuration = errors.New("not a time")

// duration returns n units.
func duration(n float64, unit time.Duration) (time.Duration, error) {
	d := n * float64(unit)
	if !(d < 1<<63) {
		return 0, errDuration
	}
	return time.Duration(d), nil
}
