package statsd

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

const usualLine = "servers.web1.requests:1|c|@0.1|#zone:eu,host:web1"
