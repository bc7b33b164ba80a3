//go:build solaris || aix

package spool

import (
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockFile uses a lock of the process, since these systems have no other: a
// second Spool of the same process is not kept out.
func lockFile(f *os.File) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return ErrLocked
	}
	return err
}

// unlockFile does nothing: a child process does not have the lock, and closing
// the file unlocks it.
func unlockFile(*os.File) {}
