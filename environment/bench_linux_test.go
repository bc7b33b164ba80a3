package environment

import (
	"testing"

	"github.com/prometheus/procfs"

	"monkit.example/monkit"
)

func discard(monkit.SeriesKey, string, float64) {}

// BenchmarkProc compares the parsers of this package with procfs, a library that
// reads the same files.
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
			b.Skip("/proc is not available:", err)
		}
		b.ReportAllocs()
		for b.Loop() {
			readByLibrary(b, fs)
		}
	})
}

// readByLibrary reads what the case "own" of BenchmarkProc reads.
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
		// Errors are ignored: not every kernel has every resource.
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
