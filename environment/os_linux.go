package environment

import "syscall"

const fdDir = "/proc/self/fd"

// openFiles asks the directory for its size, which since Linux 6.2 is how many
// files are open, and counts its entries elsewhere.
func openFiles() (int, bool) {
	var info syscall.Stat_t
	if syscall.Stat(fdDir, &info) == nil && info.Size > 0 {
		return int(info.Size), true
	}
	n, err := countEntries(fdDir)
	// The directory itself was open while it was read.
	return n - 1, err == nil
}
