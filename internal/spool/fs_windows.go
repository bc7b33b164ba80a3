package spool

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const (
	noFollow    = 0 // Open looks at the file before
	lockMode    = 0
	checksModes = false // access control lists are inherited from the parent
)

func checkOwner(fs.FileInfo) error { return nil }

func lockOpenError(err error) error { return err }

func lockFile(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return err
}

// unlockFile does nothing: a handle is not inherited by child processes, and
// closing it unlocks the file.
func unlockFile(*os.File) {}

// syncDir does nothing: NTFS writes directories through its journal, and gives
// no way to wait for it.
func syncDir(string) error { return nil }

func space(dir string) (free, size int64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var available, total uint64
	if err := windows.GetDiskFreeSpaceEx(path, &available, &total, nil); err != nil {
		return 0, 0, err
	}
	return int64(available), int64(total), nil
}
