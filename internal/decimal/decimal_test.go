package decimal

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestParseAcceptsPlainDecimalsOnly(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"0", 0, true}, {"-0", math.Copysign(0, -1), true}, {"1", 1, true}, {"+1", 1, true}, {"-12.5", -12.5, true},
		{"0.1", 0.1, true}, {".5", 0.5, true}, {"5.", 5, true}, {"123456789012345", 123456789012345, true},
		{"1234567890.12345678901", 1234567890.12345678901, true}, {"1e3", 1000, true}, {"1E-7", 1e-7, true}, {"1.7976931348623157e+308", math.MaxFloat64, true},
		// One division of the digits by a power of ten would round these wrongly.
		{"9.106107691627281", 9.106107691627281, true}, {"5.4772669630751693", 5.4772669630751693, true},
		{"00000000000000000000001", 1, true}, {"0.000000000000001", 1e-15, true},
		{"", 0, false}, {"-", 0, false}, {"+", 0, false}, {".", 0, false}, {"-.", 0, false}, {"1.2.3", 0, false}, {"1 ", 0, false}, {" 1", 0, false},
		{"nan", 0, false}, {"NaN", 0, false}, {"inf", 0, false}, {"-Infinity", 0, false}, {"1e999", 0, false}, {"0x10", 0, false}, {"0x1p4", 0, false},
		{"1_000", 0, false}, {"1,5", 0, false}, {"--1", 0, false}, {"1-", 0, false}, {"e", 0, false}, {"1\x00", 0, false},
	} {
		got, ok := Parse([]byte(tt.in))
		if ok != tt.ok || ok && math.Float64bits(got) != math.Float64bits(tt.want) {
			t.Errorf("Parse(%q) = %v, %v, want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	for _, in := range []string{"1", "-0.25", "1e-9", "1234567890123456789.5"} {
		p := []byte(in)
		if n := testing.AllocsPerRun(100, func() { Parse(p) }); n != 0 {
			t.Errorf("Parse(%q) makes %v allocations, want 0", in, n)
		}
	}
}

// Parse and strconv must agree about every number, to the last bit.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0.1", "-1.5e3", "999999999999999", ".5", "1.", "1e", "123456.7890123456"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Parse([]byte(s))
		want, err := strconv.ParseFloat(s, 64)
		plain := strings.Trim(s, "0123456789.eE+-") == ""
		if ok != (err == nil && plain) {
			t.Fatalf("Parse(%q) reports %v, the error of strconv is %v", s, ok, err)
		}
		if ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("Parse(%q) = %v, want %v", s, got, want)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{"42", "1234.5678", "0.30000000000000004"} {
		b.Run(s, func(b *testing.B) {
			p := []byte(s)
			for b.Loop() {
				Parse(p)
			}
		})
	}
}
