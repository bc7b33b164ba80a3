package graphite

import (
	"bytes"
	"testing"
)

func BenchmarkScan(b *testing.B) {
	plain, lines := datagram()
	for name, p := range map[string][]byte{"plain": plain, "tagged": bytes.ReplaceAll(plain, []byte(".r99"), []byte(".r99;a=b"))} {
		b.Run(name, func(b *testing.B) {
			c := &codec{}
			b.ReportAllocs()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				if s := c.Scan(p); s.Lines != lines {
					b.Fatalf("%d lines", s.Lines)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}
