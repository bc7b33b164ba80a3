package collect

import (
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestKindOfATotalSourceIsWhatItReports(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	s.DiffMeter("diff", s.Meter("a"), s.Meter("b"))
	s.Chain(&Collector{keys: newStatKeys(nil)})
	w := NewWalker(r)
	defer w.table.close()
	var b reporters.Batch
	w.Walk(&b, time.Now())

	got := make(map[string]reporters.Kind)
	for _, p := range b.Points {
		got[p.Key.WithField(p.Field)] = p.Kind
	}
	for name, want := range map[string]reporters.Kind{
		"a,scope=s total":              reporters.Counter,
		"a,scope=s rate":               reporters.Gauge,
		"diff,scope=s total":           reporters.Gauge,
		"collect,scope=s walks":        reporters.Counter,
		"collect,scope=s walk_seconds": reporters.Gauge,
		"collect,scope=s panics":       reporters.Counter,
	} {
		if kind, ok := got[name]; !ok || kind != want {
			t.Errorf("%s is %v (found: %v), want %v", name, kind, ok, want)
		}
	}
}
