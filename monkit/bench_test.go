package monkit

import (
	"context"
	"fmt"
	"testing"
)

var bench = NewRegistry().ScopeNamed("bench")

func benchTask(ctx context.Context) (err error)  { defer bench.Task()(&ctx)(&err); return nil }
func benchStart(ctx context.Context) (err error) { defer bench.Start(&ctx).Finish(&err); return nil }
func benchNested(ctx context.Context) (err error) {
	defer bench.Task()(&ctx)(&err)
	return benchTask(ctx)
}

var benchKept = bench.Task()

func benchStored(ctx context.Context) (err error) { defer benchKept(&ctx)(&err); return nil }

// manyCallers returns a Func that many others have called, and the context of
// the last of them.
func manyCallers() (callee *Func, caller context.Context) {
	callee = bench.FuncNamed("callee")
	for i := range 200 {
		caller = context.Background()
		bench.FuncNamed(fmt.Sprint("caller", i)).Task(&caller)
		ctx := caller
		callee.Task(&ctx)(nil)
	}
	return callee, caller
}

func BenchmarkHot(b *testing.B) {
	ctx := context.Background()
	c, i, m, t := bench.Counter("c"), bench.IntVal("i"), bench.Meter("m"), bench.Timer("t")
	v, d := bench.BoolVal("b"), bench.DurationVal("d")
	callee, caller := manyCallers()
	for _, bb := range []struct {
		name string
		f    func()
	}{
		{"task", func() { benchTask(ctx) }},
		{"task nested", func() { benchNested(ctx) }},
		{"task of many callers", func() { ctx := caller; callee.Task(&ctx)(nil) }},
		{"task stored", func() { benchStored(ctx) }},
		{"start", func() { benchStart(ctx) }},
		{"counter", func() { c.Inc(1) }},
		{"counter by name", func() { bench.Counter("c").Inc(1) }},
		{"counter by tags", func() { bench.Counter("c", SeriesTag{"b", "2"}, SeriesTag{"a", "1"}).Inc(1) }},
		{"int", func() { i.Observe(12345) }},
		{"bool", func() { v.Observe(true) }},
		{"duration", func() { d.Observe(12345) }},
		{"meter", func() { m.Mark(1) }},
		{"timer", func() { t.Start().Stop() }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bb.f()
			}
		})
		b.Run(bb.name+" parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					bb.f()
				}
			})
		})
	}
}

func BenchmarkWalk(b *testing.B) {
	r := fullRegistry(1000)
	samples := 0
	r.Stats(func(SeriesKey, string, float64) { samples++ })
	b.ReportAllocs()
	for b.Loop() {
		r.Stats(func(SeriesKey, string, float64) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*samples), "ns/sample")
}

// fullRegistry returns a registry with n sources of each common kind, all used.
func fullRegistry(n int) *Registry {
	r := NewRegistry()
	s := r.ScopeNamed("full")
	for i := range n {
		ctx := context.Background()
		s.FuncNamed(fmt.Sprint("f", i)).Task(&ctx)(nil)
		s.IntVal(fmt.Sprint("i", i)).Observe(int64(i))
		s.Counter(fmt.Sprint("c", i)).Inc(1)
		s.Meter(fmt.Sprint("m", i)).Mark(1)
	}
	return r
}
