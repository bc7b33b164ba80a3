package environment

import (
	"math"
	"testing"

	"monkit.example/monkit"
)

func TestDecimalAcceptsPlainNumbersOnly(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"0", 0, true}, {"-1", -1, true}, {"3.25", 3.25, true}, {"18446744073709551615", 1 << 64, true},
		{"", 0, false}, {"max", 0, false}, {"inf", 0, false}, {"1e3", 0, false}, {"0x1", 0, false}, {"1_0", 0, false},
		{"-", 0, false}, {".", 0, false}, {"1-2", 0, false}, {"1 ", 0, false}, {"999999999999999999999999999999999", 0, false},
	} {
		if got, ok := decimal([]byte(tt.in)); got != tt.want || ok != tt.ok {
			t.Errorf("decimal(%q) = %v, %v; want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func TestLookupFindsTheNumberOfAName(t *testing.T) {
	const text = "ab 1\na 2\nb: 3\n\nc\nd \ne 5 6\nf:7\na 8"
	for _, tt := range []struct {
		name string
		want float64
		ok   bool
	}{
		{"a", 2, true}, {"ab", 1, true}, {"b", 3, true}, {"c", 0, false}, {"d", 0, false}, {"e", 0, false}, {"f", 0, false}, {"g", 0, false},
	} {
		if got, ok := lookup([]byte(text), tt.name); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %v, %v; want %v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzFiles checks that no content of a file becomes a value that is not finite.
func FuzzFiles(f *testing.F) {
	for _, text := range []string{statAfterName, "7 (x) " + statAfterName, someCPU, "rchar: 1\nwchar: 2\n", wholeGroup["a/b/cpu.stat"],
		"150000 100000\n", mounted("/", `/a\040b`, "cgroup2"), "0::/a\n", "a\x00=\xff"} {
		f.Add([]byte(text))
	}
	pressure := newPressureFile("p", "cpu", "")
	f.Fuzz(func(t *testing.T, text []byte) {
		check := func(key monkit.SeriesKey, field string, val float64) {
			if math.IsNaN(val) || math.IsInf(val, 0) {
				t.Errorf("%s %s is %v", key, field, val)
			}
		}
		emitStat(text, check)
		emitWords(procStatmKey, statmFields[:], text, check)
		emitNumberLines(ioFields[:], text, check)
		emitNumberLines(cpuStatFields[:], text, check)
		emitMemory(text, 1, check)
		emitDisks(text, check)
		pressure.emit(text, check)
		if path, ok := cgroupPath(string(text)); ok && path[0] != '/' {
			t.Errorf("the path of the group is %q, which is not absolute", path)
		}
		cgroupMount(string(text))
	})
}
