//go:build !unix || solaris || aix

package spools

import (
	"errors"
	"io/fs"
	"os"

	"monkit.example/internal/spool"
)

// locked reports whether a process has locked the file at path.
func locked(path string) (bool, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	l, err := spool.OS{}.Lock(path)
	if errors.Is(err, spool.ErrLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, l.Close()
}
