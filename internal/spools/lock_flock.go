//go:build unix && !solaris && !aix

package spools

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// locked reports whether a process has locked the file at path. It asks with a
// shared lock, for which it need not write to the file.
func locked(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return true, nil
		case err == nil:
			// Closing is not enough: a child process that was forked and has not
			// called exec yet would keep the lock.
			syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
			return false, nil
		default:
			return false, err
		}
	}
}
