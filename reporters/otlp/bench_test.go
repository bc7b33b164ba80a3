package otlp

import (
	"fmt"
	"testing"

	"monkit.example/reporters"
)

// walk returns runs of ten fields, as a collector makes them of functions.
func walk(series int) (runs [][]reporters.Point, points int) {
	for i := range series {
		var run []reporters.Point
		k := key("function", "name", fmt.Sprintf("Func%d", i), "scope", "example.com/app")
		for j := range 10 {
			run = append(run, reporters.Point{
				Key: k, Field: fmt.Sprintf("field%d", j), Value: float64(i*j) + 0.5, Time: 1_700_000_000e9,
				Series: uint32(i + 1), ID: uint32(10*i + j + 1), Kind: reporters.Kind(j % 2),
			})
		}
		runs = append(runs, run)
		points += len(run)
	}
	return runs, points
}

func BenchmarkAppendRun(b *testing.B) {
	runs, points := walk(100)
	e := newEncoder()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for _, run := range runs {
			dst, _ = e.AppendRun(dst, run)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
	b.ReportMetric(float64(len(dst))/float64(points), "bytes/point")
}

func BenchmarkJoin(b *testing.B) {
	runs, points := walk(100)
	e := newEncoder()
	var lines []byte
	for _, run := range runs {
		lines, _ = e.AppendRun(lines, run)
	}
	d := newDocument((Options{}).resource())
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		size = len(d.join(lines))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
	b.ReportMetric(float64(size)/float64(points), "bytes/point")
}
