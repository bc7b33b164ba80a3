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
	{"address_space", unix.RLIMIT_AS},
	{"data", unix.RLIMIT_DATA},
	{"stack", unix.RLIMIT_STACK},
	{"locked_memory", unix.RLIMIT_MEMLOCK},
	{"file_size", unix.RLIMIT_FSIZE},
	{"core", unix.RLIMIT_CORE},
	{"cpu", unix.RLIMIT_CPU},
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
