package interop

import (
	"math"
	"testing"

	"github.com/prometheus/procfs"

	"monkit.example/environment"
	"monkit.example/monkit"
)

// self returns this process as procfs sees it, an independent parser of the files that
// package environment reads.
func self(tb testing.TB) procfs.Proc {
	tb.Helper()
	p, err := procfs.Self()
	if err != nil {
		tb.Skip("/proc is not available:", err)
	}
	return p
}

func TestProcAgreesWithProcfs(t *testing.T) {
	p := self(t)
	stat, err := p.Stat()
	if err != nil {
		t.Fatal(err)
	}
	statm, err := p.Statm()
	if err != nil {
		t.Fatal(err)
	}
	got := monkit.Collect(environment.Proc())
	for field, want := range map[string]float64{
		"proc_stat Pid": float64(stat.PID), "proc_stat Ppid": float64(stat.PPID), "proc_stat Pgrp": float64(stat.PGRP),
		"proc_stat Session": float64(stat.Session), "proc_stat Tpgid": float64(stat.TPGID), "proc_stat Nice": float64(stat.Nice),
		"proc_stat Priority": float64(stat.Priority), "proc_stat Starttime": float64(stat.Starttime),
		"proc_stat Rsslim": float64(stat.RSSLimit), "proc_stat RtPriority": float64(stat.RTPriority),
		"proc_stat Policy": float64(stat.Policy), "proc_stat CguestTime": float64(stat.CGuestTime),
		"proc_statm Text": float64(statm.Text),
	} {
		if got[field] != want {
			t.Errorf("%s is %v, procfs has %v", field, got[field], want)
		}
	}
}

func TestOpenFilesAgreeWithProcfs(t *testing.T) {
	want, err := self(t).FileDescriptorsLen()
	if err != nil {
		t.Fatal(err)
	}
	if got := monkit.Collect(environment.OS())["fds count"]; got != float64(want) {
		t.Errorf("%v files are open; procfs has %v", got, want)
	}
}

func TestLimitsAgreeWithProcfs(t *testing.T) {
	l, err := self(t).Limits()
	if err != nil {
		t.Fatal(err)
	}
	got := monkit.Collect(environment.Limits())
	for field, want := range map[string]uint64{
		"open_files": l.OpenFiles, "processes": l.Processes, "address_space_bytes": l.AddressSpace, "data_bytes": l.DataSize, "stack_bytes": l.StackSize,
		"locked_memory_bytes": l.LockedMemory, "file_size_bytes": l.FileSize, "core_bytes": l.CoreFileSize, "cpu_seconds": l.CPUTime,
	} {
		val, limited := got["limits "+field]
		if limited != (want != math.MaxUint64) || limited && val != float64(want) {
			t.Errorf("%s is %v, %v; procfs has %d", field, val, limited, want)
		}
	}
}

// BenchmarkProcfs reads with procfs what BenchmarkProc of package environment does
// with its own parsers.
func BenchmarkProcfs(b *testing.B) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		b.Skip("/proc is not available:", err)
	}
	b.ReportAllocs()
	for b.Loop() {
		readByLibrary(b, fs)
	}
}

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
