package environment

import (
	"testing"

	"github.com/prometheus/procfs"

	"monkit.example/monkit"
)

func discard(monkit.SeriesKey, string, float64) {}

// The library that reads the same files is what the parsers here have to be
// better than.
func BenchmarkProc(b *testing.B) {
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			procStats(discard)
			limitsStats(discard)
			osStats(discard)
			pressureStats(discard)
		}
	})
	b.Run("procfs", func(b *testing.B) {
		fs, err := procfs.NewDefaultFS()
		if err != nil {
			b.Skip("there is no procfs here:", err)
		}
		b.ReportAllocs()
		for b.Loop() {
			readByLibrary(b, fs)
		}
	})
}

// readByLibrary reads what the first case of BenchmarkProc reads.
func readByLibrary(b *testing.B, fs procfs.FS) {
	self, err := fs.Self()
	if err != nil {
		b.Fatal(err)
	}
	for _, read := range []func() error{
		func() error { _, err := self.Stat(); return err },
		func() error { _, err := self.Statm(); return err },
		func() error { _, err := self.IO(); return err },
		func() error { _, err := self.Limits(); return err },
		func() error { _, err := self.FileDescriptorsLen(); return err },
	} {
		if err := read(); err != nil {
			b.Fatal(err)
		}
	}
	for _, resource := range []string{"cpu", "io", "irq", "memory"} {
		// Not every kernel has them all, nor has its files' reader here.
		_, _ = fs.PSIStatsForResource(resource)
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
