//go:build !windows

package listen

import (
	"errors"
	"syscall"
)

// refused tells whether err says that nobody listens.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
