package main

import (
	"math"
	"strconv"
	"strings"

	"monkit.example/reporters"
)

// unit is what a number counts.
type unit uint8

const (
	plain unit = iota
	seconds
	byteCount
)

// unitOf guesses from the names: there is no word for units on the wire.
func unitOf(measurement, field string) unit {
	switch {
	case field == "rate" || reporters.KindOf(field) == reporters.Counter && !endsIn(measurement, "bytes", "seconds"):
		return plain
	case field == "count":
		return plain
	case endsIn(field, "seconds") || endsIn(measurement, "seconds", "time", "times"):
		return seconds
	case endsIn(field, "bytes") || endsIn(measurement, "bytes"):
		return byteCount
	}
	return plain
}

// endsIn tells whether one of words is the last word of name.
func endsIn(name string, words ...string) bool {
	last := name[strings.LastIndexAny(name, "._")+1:]
	for _, word := range words {
		if last == word {
			return true
		}
	}
	return false
}

// scale is a word for every power of base.
type scale struct {
	base  float64
	words []string
}

var (
	larger    = scale{1000, []string{"", " k", " M", " G", " T", " P"}}
	largerBin = scale{1024, []string{" B", " KiB", " MiB", " GiB", " TiB", " PiB"}}
	smaller   = []string{" s", " ms", " µs", " ns"}
)

// format writes v in three digits or a few more, with its unit. It writes
// whole numbers below 10 000 as they are.
func (u unit) format(v float64) string {
	switch {
	case v == 0 && u == seconds:
		return "0 s"
	case u == seconds && math.Abs(v) < 1:
		return short(v)
	case u == seconds:
		return digits(v) + " s"
	case u == byteCount:
		return largerBin.format(v)
	case v == math.Trunc(v) && math.Abs(v) < 10_000:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return larger.format(v)
}

func (s scale) format(v float64) string {
	i := 0
	for math.Abs(v) >= s.base && i+1 < len(s.words) {
		v /= s.base
		i++
	}
	return digits(v) + s.words[i]
}

// short writes a time below a second.
func short(v float64) string {
	i := 0
	for math.Abs(v) < 1 && i+1 < len(smaller) {
		v *= 1000
		i++
	}
	return digits(v) + smaller[i]
}

// digits writes v with three digits that count, or all of those before the
// point.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v) && a < 1e6:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case a >= 1e6 || a < 0.001:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
