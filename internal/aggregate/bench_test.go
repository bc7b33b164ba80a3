package aggregate

import (
	"fmt"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// batchOf returns a batch of n lines of a kind, over so many names.
func batchOf(kind reporters.Kind, n, names int) *reporters.Batch {
	b := &reporters.Batch{}
	for i := range n {
		line(b, observed{name: fmt.Sprintf("servers.web1.app.requests%d", i%names), kind: kind, value: float64(i%1000) + .5, member: fmt.Sprint(i)})
	}
	return b
}

func BenchmarkReport(b *testing.B) {
	for _, kind := range []reporters.Kind{reporters.CounterDelta, reporters.Gauge, reporters.Sample, reporters.SetMember} {
		b.Run(kind.String(), func(b *testing.B) {
			a, batch := New(Options{}), batchOf(kind, 1000, 100)
			b.ReportAllocs()
			for b.Loop() {
				if err := a.Report(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/line")
		})
	}
}

func BenchmarkStats(b *testing.B) {
	for _, kind := range []reporters.Kind{reporters.CounterDelta, reporters.Sample} {
		b.Run(kind.String(), func(b *testing.B) {
			a := New(Options{})
			if err := a.Report(b.Context(), batchOf(kind, 10_000, 1000)); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				a.Stats(func(monkit.SeriesKey, string, float64) {})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/series")
		})
	}
}
