//go:build !unix && !windows

package spool

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

const (
	noFollow    = 0
	lockMode    = fs.ModeExclusive // Plan 9 locks what is open with this mode
	checksModes = runtime.GOOS != "plan9"
)

func checkOwner(fs.FileInfo) error { return nil }

// lockOpenError returns ErrLocked for the error of Plan 9 for a file that
// another process has open.
func lockOpenError(err error) error {
	for _, text := range []string{"file is locked", "exclusive lock", "exclusive use"} {
		if runtime.GOOS == "plan9" && strings.Contains(err.Error(), text) {
			return ErrLocked
		}
	}
	return err
}

// lockFile does nothing: on Plan 9 opening the file has locked it, and the
// others run one process.
func lockFile(*os.File) error { return nil }

func unlockFile(*os.File) {}

func syncDir(string) error { return nil }

func space(string) (free, size int64, err error) { return 0, 0, errors.ErrUnsupported }
