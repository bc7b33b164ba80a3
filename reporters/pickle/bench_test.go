package pickle

import (
	"io"
	"strings"
	"testing"
)

func BenchmarkWrite(b *testing.B) {
	lines := []byte(numbered(500))
	f := newFramed(&wire{})
	b.ReportAllocs()
	for b.Loop() {
		f.fill(lines)
		f.frame.bytes()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/point")
}

func BenchmarkReader(b *testing.B) {
	w := &wire{}
	if _, err := newFramed(w).Write(b.Context(), []byte(numbered(500))); err != nil {
		b.Fatal(err)
	}
	from := strings.NewReader("")
	r := NewReader(from)
	b.ReportAllocs()
	for b.Loop() {
		from.Reset(w.got.String())
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/point")
}
