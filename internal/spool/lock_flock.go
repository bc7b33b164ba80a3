//go:build unix && !solaris && !aix

package spool

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// Another process that asks whether the file is locked has it locked for a
// moment.
const (
	lockTries    = 10
	lockInterval = 20 * time.Millisecond
)

func lockFile(f *os.File) error {
	for tries := 1; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK) && tries < lockTries:
			tries++
			time.Sleep(lockInterval)
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		default:
			return err
		}
	}
}

func unlockFile(f *os.File) {
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // fails only for what is not open
}
