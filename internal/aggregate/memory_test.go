package aggregate

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"monkit.example/reporters"
)

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestMemoryIsWithinItsBound(t *testing.T) {
	for _, tt := range []struct {
		name   string
		series int
		prefix string
		values []float64
		kind   reporters.Kind
		all    bool // fit
	}{
		{"timers with values far apart", 100_000, "", []float64{1e-300, 1e300}, reporters.Sample, true}, // 993 MB in distributions of package monkit
		{"counters with names of 60 kB", 300, strings.Repeat("x", 60_000), []float64{1}, reporters.CounterDelta, false},
		{"counters with the longest names", 100_000, strings.Repeat("x", MaxName-6), []float64{1}, reporters.CounterDelta, true},
		{"timers with the longest names", 200_000, strings.Repeat("x", MaxName-6), []float64{1}, reporters.Sample, false},
		{"timers of many values", 20_000, "", []float64{1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67}, reporters.Sample, true},
	} {
		before := heap()
		a := New(Options{})
		b := reporters.Batch{Format: "statsd"}
		for i := range tt.series {
			for _, v := range tt.values {
				line(&b, observed{name: fmt.Sprint(tt.prefix, i), kind: tt.kind, value: v})
			}
			if len(b.Points) > 1000 || i == tt.series-1 {
				if err := a.Report(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				b.Reset()
			}
		}
		b = reporters.Batch{}
		used, u := heap()-before, a.Usage()
		if most := u.Bytes + u.Bytes/20 + 1<<20; used > most || u.Bytes > DefaultBytes {
			t.Errorf("%s: %d bytes are in use and %d counted", tt.name, used, u.Bytes)
		}
		if fit := u.Series == tt.series; fit != tt.all {
			t.Errorf("%s: there are %d of %d series", tt.name, u.Series, tt.series)
		}
		checkBalance(t, a)
	}
}
