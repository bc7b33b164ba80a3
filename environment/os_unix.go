//go:build unix && !linux

package environment

import (
	"errors"
	"io"
	"os"
	"runtime"
)

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

// countEntries reads name in steps, since a process may have very many files.
func countEntries(name string) (int, error) {
	dir, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	for total := 0; ; {
		names, err := dir.Readdirnames(256)
		total += len(names)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
