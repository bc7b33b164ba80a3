//go:build unix

package listen

import (
	"errors"
	"syscall"
)

// maxDescriptors returns how many descriptors the process may have. The runtime
// has raised the limit as far as it may.
func maxDescriptors() (n uint64, ok bool) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return uint64(limit.Cur), true
}

// lacksDescriptors reports whether err says that the process, or the system, has
// no descriptor for another connection.
func lacksDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
