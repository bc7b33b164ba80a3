package influx

import (
	"bytes"
	"testing"

	"monkit.example/reporters"
)

func BenchmarkScan(b *testing.B) {
	p := bytes.Repeat([]byte(usualLine+"\n"), 20)
	c := NewCodec(Options{})
	b.Run("scan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if s := c.(reporters.Scanner).Scan(p); s.Lines != 20 {
				b.Fatalf("%d lines", s.Lines)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*20), "ns/line")
	})
	b.Run("decode", func(b *testing.B) {
		var batch reporters.Batch
		b.ReportAllocs()
		for b.Loop() {
			batch.Reset()
			c.Decode(&batch, p)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*20), "ns/line")
	})
}

const usualLine = "requests,host=web1,zone=eu count=12i,mean=0.25,up=true 1700000000000000000"
