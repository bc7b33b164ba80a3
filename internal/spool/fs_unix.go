//go:build unix

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	noFollow    = unix.O_NOFOLLOW
	lockMode    = 0
	checksModes = true
)

// checkOwner returns an ErrUnsafe if the file is another user's: that user could
// change it, and if this process is the superuser's, could not read what it
// writes.
func checkOwner(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int64(stat.Uid) == int64(os.Geteuid()) {
		return nil
	}
	return fmt.Errorf("%w: it belongs to user %d, and this process runs as user %d; run as its owner, or change the owner",
		ErrUnsafe, stat.Uid, os.Geteuid())
}

func lockOpenError(err error) error { return err }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
