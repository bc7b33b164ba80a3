package statsd

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// JavaScript's Number, which the reference daemon calls (lib/helpers.js isNumber).
func TestNumbersAreThoseOfTheReferenceDaemon(t *testing.T) {
	for in, want := range map[string]float64{
		"1": 1, "+3": 3, "-3": -3, ".5": 0.5, "5.": 5, "1e3": 1000, "1E+3": 1000, "1e-3": 0.001, "010": 10, "1e-999": 0,
		"0x10": 16, "0XfF": 255, "0x0": 0, "0b11": 3, "0B1": 1, "0o17": 15, "0O7": 7, "0x00000000000000000000000000000001": 1,
		"0x20000000000001": 9007199254740992, "0x20000000000003": 9007199254740996, // to the even neighbour
		"0x1" + strings.Repeat("0", 255): math.Ldexp(1, 1020), "0b1" + strings.Repeat("0", 1000): math.Ldexp(1, 1000),
	} {
		if got, err := parseNumber([]byte(in)); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", in, got, err, want)
		}
	}
	for in, want := range map[string]error{
		"NaN": errInfinite, "nan": errInfinite, "inf": errInfinite, "+Inf": errInfinite, "-inf": errInfinite, "Infinity": errInfinite, "-Infinity": errInfinite,
		"1e999": errInfinite, "-1e999": errInfinite, strings.Repeat("9", 400): errInfinite,
		"0x1" + strings.Repeat("0", 256): errInfinite, "0x" + strings.Repeat("f", 5000): errInfinite,
		"": errValue, "x": errValue, "0x": errValue, "0xg": errValue, "0b2": errValue, "0o8": errValue, "0x1.8": errValue, "-0x10": errValue, "+0b1": errValue, "0x-1": errValue,
		"1_0": errValue, "1n": errValue, "1,5": errValue, "--1": errValue, "+-1": errValue, "1e": errValue, "e5": errValue, ".": errValue, "1 2": errValue, "١": errValue,
		"Infinityx": errValue, "infinite": errValue, "0x1p5": errValue, "1e999x": errValue, "x1e999": errValue,
	} {
		if got, err := parseNumber([]byte(in)); err != want {
			t.Errorf("%.40q is %v, %v; want %v", in, got, err, want)
		}
	}
}

// A number is finite, and in decimal notation it is that of strconv.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "0x10", "0b1", "0o7", "1e999", "-Infinity", "nan", "1e-5", "0x", "+", "0x1p5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseNumber([]byte(s))
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Fatalf("%q is %v", s, v)
		}
		if strings.Trim(s, "0123456789.eE+-") != "" {
			return
		}
		want, wantErr := strconv.ParseFloat(s, 64)
		if (err == nil) != (wantErr == nil) || err == nil && v != want || err == errInfinite && !math.IsInf(want, 0) {
			t.Fatalf("%q is %v, %v; strconv has %v, %v", s, v, err, want, wantErr)
		}
	})
}
