package shape

import (
	"fmt"
	"testing"

	"monkit.example/reporters"
)

func BenchmarkReport(b *testing.B) {
	var points []string
	for i := range 5000 {
		points = append(points, fmt.Sprintf("m%d,scope=app total:%d", i, i), fmt.Sprintf("m%d,scope=app r99:1", i))
	}
	for _, bb := range []struct {
		name  string
		steps []Step
	}{
		{"1 step", []Step{Deny("m1*")}},
		{"3 steps", []Step{Deny("m1*"), Rename("m*", "n$1"), Delta()}},
	} {
		for _, from := range []struct {
			name  string
			batch *reporters.Batch
		}{
			{"collector", newNumbered().batch(1, points...)},
			{"received", lines(1, points...)},
		} {
			b.Run(bb.name+"/"+from.name, func(b *testing.B) {
				rep := mustOpen(b, discard{}, bb.steps...)
				report(b, rep, from.batch)
				b.ReportAllocs()
				for b.Loop() {
					report(b, rep, from.batch)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(points)), "ns/point")
			})
		}
	}
}
