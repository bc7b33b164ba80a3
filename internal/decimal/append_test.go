package decimal

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestAppend(t *testing.T) {
	for _, tt := range []struct {
		v           float64
		text, plain string
	}{
		{0, "0", "0"}, {math.Copysign(0, -1), "0", "0"}, {1, "1", "1"}, {-12, "-12", "-12"}, {0.5, "0.5", "0.5"},
		{1e-6, "0.000001", "0.000001"}, {-1.000001, "-1.000001", "-1.000001"}, {0.30000000000000004, "0.30000000000000004", "0.30000000000000004"},
		{1e-7, "1e-07", "0.0000001"}, {-1.02e-7, "-1.02e-07", "-0.000000102"}, {1.5e-8, "1.5e-08", "0.000000015"}, {9e-9, "9e-09", "0.000000009"},
		{999e-9, "9.99e-07", "0.000000999"}, {1e-10, "1e-10", "0.0000000001"},
		{99999.999999999, "99999.999999999", "99999.999999999"}, {999999.999999999, "999999.999999999", "999999.999999999"}, {1000000.5, "1000000.5", "1000000.5"},
		{999999999999999, "999999999999999", "999999999999999"}, {999999999999998.5, "999999999999998.5", "999999999999998.5"},
		{1e15, "1e+15", "1000000000000000"}, {-1e15, "-1e+15", "-1000000000000000"}, {1 << 53, "9.007199254740992e+15", "9007199254740992"},
		{math.SmallestNonzeroFloat64, "5e-324", strconv.FormatFloat(math.SmallestNonzeroFloat64, 'f', -1, 64)},
		{math.MaxFloat64, "1.7976931348623157e+308", strconv.FormatFloat(math.MaxFloat64, 'f', -1, 64)},
	} {
		if got := string(Append([]byte("x"), tt.v)); got != "x"+tt.text {
			t.Errorf("Append(%v) = %s, want x%s", tt.v, got, tt.text)
		}
		if got := string(AppendPlain([]byte("x"), tt.v)); got != "x"+tt.plain {
			t.Errorf("AppendPlain(%v) = %s, want x%s", tt.v, got, tt.plain)
		}
	}
}

// format is what Append writes, made by strconv alone.
func format(v float64, plain bool) string {
	a := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case plain || a >= 1e-6 && a < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func checkAppend(t *testing.T, v float64) {
	t.Helper()
	if got, want := string(Append(nil, v)), format(v, false); got != want {
		t.Fatalf("Append(%x) = %s, want %s", math.Float64bits(v), got, want)
	}
	if got, want := string(AppendPlain(nil, v)), format(v, true); got != want {
		t.Fatalf("AppendPlain(%x) = %s, want %s", math.Float64bits(v), got, want)
	}
}

// Random numbers of each kind have the text of strconv, and so have their
// neighbours, which no short decimal is.
func TestAppendWritesWhatStrconvWrites(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for digits := range 16 {
		limit := int64(math.Pow10(digits))
		for range 2000 {
			n := r.Int64N(limit)
			for _, v := range []float64{float64(n), float64(n) / 1e9, float64(n) * 1e-9, float64(n) / 1e3, float64(n) / 7e9} {
				checkAppend(t, v)
				checkAppend(t, -v)
				checkAppend(t, math.Nextafter(v, math.Inf(1)))
				checkAppend(t, math.Nextafter(v, math.Inf(-1)))
			}
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, v := range []float64{0.1, 1e-7, 1.000000001, 123456.789012345, 999999.9999999999, 1e15, 4503599627370497.5} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		if v-v != 0 {
			t.Skip("not finite")
		}
		checkAppend(t, v)
		checkAppend(t, math.Round(v*1e9)/1e9)
		checkAppend(t, math.Trunc(v))
	})
}

func TestAppendDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 32)
	for _, v := range []float64{1, -123456789, 0.001019, 1.02e-7, 1.0 / 3} {
		if n := testing.AllocsPerRun(100, func() { Append(dst, v) }); n != 0 {
			t.Errorf("Append(%v) makes %v allocations, want 0", v, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, v := range map[string]float64{"digit": 7, "integer": 1234567, "duration": 0.001019, "tiny": 1.02e-7, "full": 1.0 / 3} {
		for form, fn := range map[string]func([]byte, float64) []byte{
			"decimal": Append,
			"strconv": func(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'g', -1, 64) },
		} {
			b.Run(name+"/"+form, func(b *testing.B) {
				dst := make([]byte, 0, 32)
				for b.Loop() {
					fn(dst, v)
				}
			})
		}
	}
}
