//go:build unix

package descriptors

import (
	"errors"
	"syscall"
)

// Max returns how many descriptors the process may have. The runtime
// has raised the limit as far as it may.
func Max() (n uint64, ok bool) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return uint64(limit.Cur), true
}

// Lacks reports whether err of a socket or file says that the process, or
// the system, has no descriptor for it.
func Lacks(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
