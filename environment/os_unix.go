//go:build unix && !linux

package environment

import "runtime"

func openFiles() (int, bool) {
	dir, ok := fdDirs[runtime.GOOS]
	if !ok {
		return 0, false
	}
	n, err := countEntries(dir)
	// The directory itself was open while it was read.
	return n - 1, err == nil
}

// fdDirs are where a process finds an entry for each of its open files. Others
// list only the first three, or need a mount that is seldom there.
var fdDirs = map[string]string{
	"darwin":  "/dev/fd",
	"ios":     "/dev/fd",
	"solaris": "/proc/self/fd",
	"illumos": "/proc/self/fd",
	"netbsd":  "/proc/self/fd",
}
