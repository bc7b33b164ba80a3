package decimal

import "testing"

// VictoriaMetrics 1.79 refuses the first form of a Graphite line's value, and stores
// 0 for that of an Influx line.
func TestAppendStrict(t *testing.T) {
	for in, want := range map[string]string{
		"+5": "5", ".5": "0.5", "5.": "5", "-.5": "-0.5", "+.5": "0.5", "-5.": "-5", "+5.": "5", ".5e3": "0.5e3", "+1e3": "1e3", "-.5e-3": "-0.5e-3", "+0": "0", "-0.": "-0",
		"5": "5", "-5": "-5", "0.5": "0.5", "1e3": "1e3", "1E+3": "1E+3", "007": "007", "5.e3": "5.e3", "123456789012345678901": "123456789012345678901",
	} {
		if got := string(AppendStrict([]byte("x"), []byte(in))); got != "x"+want {
			t.Errorf("%s: %q, want %q", in, got, "x"+want)
		}
		if got := IsStrict([]byte(in)); got != (in == want) {
			t.Errorf("IsStrict(%s) = %v", in, got)
		}
	}
}

func FuzzAppendStrict(f *testing.F) {
	for _, s := range []string{"+5", ".5", "5.", "-.5e3", "+5.", "1e3", "007"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		v, ok := Parse(p)
		if !ok {
			return
		}
		strict := AppendStrict(nil, p)
		if got, ok := Parse(strict); !ok || got != v || !IsStrict(strict) {
			t.Errorf("%q: %q is %v, want %v", p, strict, got, v)
		}
	})
}
