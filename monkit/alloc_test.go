package monkit

import (
	"context"
	"io"
	"testing"
)

// wantAllocs checks that f, once it has run, allocates at most want times.
func wantAllocs(t *testing.T, name string, want float64, f func()) {
	t.Helper()
	f()
	if got := testing.AllocsPerRun(200, f); got > want {
		t.Errorf("%s allocates %v times, want %v", name, got, want)
	}
}

func TestAllocs(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	c, m, timer := s.Counter("c"), s.Meter("m"), s.Timer("t")
	i, f, b := s.IntVal("i"), s.FloatVal("f"), s.BoolVal("b")
	wantAllocs(t, "Counter.Inc", 0, func() { c.Inc(1) })
	wantAllocs(t, "Counter.Dec", 0, func() { c.Dec(1) })
	wantAllocs(t, "Meter.Mark", 0, func() { m.Mark(1) })
	wantAllocs(t, "Timer", 0, func() { timer.Start().Stop() })
	wantAllocs(t, "IntVal.Observe", 0, func() { i.Observe(1) })
	wantAllocs(t, "FloatVal.Observe", 0, func() { f.Observe(1) })
	wantAllocs(t, "BoolVal.Observe", 0, func() { b.Observe(true) })
	wantAllocs(t, "Event", 0, func() { s.Event("e") })
	wantAllocs(t, "lookup by name", 0, func() { s.IntVal("i").Observe(1) })
	wantAllocs(t, "lookup by tags", 0, func() {
		s.Counter("c", SeriesTag{"b", "2"}, SeriesTag{"a", "1"}).Inc(1)
	})
	wantAllocs(t, "Func by its caller", 0, func() { s.Func() })
	s.index.setLimit(0)
	wantAllocs(t, "lookup beyond the limit", 0, func() { s.Counter("another").Inc(1) })
}

// Each run allocates its span. Where ctx and err of the caller must move to the
// heap, those count too.
func TestTaskAllocs(t *testing.T) {
	root := context.Background()
	wantAllocs(t, "Task", 1, func() { inlineTask(root) })
	wantAllocs(t, "Task with tags", 2, func() { taggedTask(root, "a") })
	wantAllocs(t, "stored Task", 4, func() { storedFirst(root) })
	wantAllocs(t, "Start and Finish", 1, func() { startFinish(root) })
	ctx := root
	defer scope.Task()(&ctx)(nil)
	wantAllocs(t, "nested Task", 1, func() { inlineTask(ctx) })
	wantAllocs(t, "nested Start and Finish", 1, func() { startFinish(ctx) })
}

// A walk allocates nothing, for any number of samples.
func TestWalkAllocs(t *testing.T) {
	for _, n := range []int{1, 100} {
		r := fullRegistry(n)
		s := r.ScopeNamed("full")
		err := error(io.EOF)
		s.FuncNamed("failed").Observe()(&err)
		s.Gauge("g", func() float64 { return 1 })
		s.Chain(fixed{NewSeriesKey("x").WithTag("a", "b"), 1})
		s.health.panics.Add(1)
		wantAllocs(t, "walk", 0, func() { r.Stats(func(SeriesKey, string, float64) {}) })
	}
}
