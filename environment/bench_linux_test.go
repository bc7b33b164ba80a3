package environment

import (
	"testing"

	"monkit.example/monkit"
)

func discard(monkit.SeriesKey, string, float64) {}

// BenchmarkProc reads what interop compares with procfs.
func BenchmarkProc(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		procStats(discard)
		limitsStats(discard)
		osStats(discard)
		pressureStats(discard)
	}
}

func BenchmarkWalk(b *testing.B) {
	registry := monkit.NewRegistry()
	Register(registry)
	b.ReportAllocs()
	for b.Loop() {
		registry.Stats(discard)
	}
}
