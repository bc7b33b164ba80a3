//go:build linux || darwin

package environment

import (
	"math"
	"syscall"

	"golang.org/x/sys/unix"
)

// limits are asked of the kernel one by one, which takes a tenth of the time
// and none of the memory that reading /proc/self/limits takes.
var limits = [...]struct {
	field    string
	resource int
}{
	{"open_files", unix.RLIMIT_NOFILE},
	{"processes", unix.RLIMIT_NPROC},
	{"address_space_bytes", unix.RLIMIT_AS},
	{"data_bytes", unix.RLIMIT_DATA},
	{"stack_bytes", unix.RLIMIT_STACK},
	{"locked_memory_bytes", unix.RLIMIT_MEMLOCK},
	{"file_size_bytes", unix.RLIMIT_FSIZE},
	{"core_bytes", unix.RLIMIT_CORE},
	{"cpu_seconds", unix.RLIMIT_CPU},
}

func limitsStats(cb emit) {
	for i := range limits {
		var r syscall.Rlimit
		// Platforms differ in which of the greatest numbers is no limit.
		if syscall.Getrlimit(limits[i].resource, &r) == nil && r.Cur < math.MaxInt64 {
			cb(limitsKey, limits[i].field, float64(r.Cur))
		}
	}
}
