package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// OS is the file system of the operating system.
type OS struct{}

var _ FS = OS{}

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// PrepareDir implements FS. It makes a directory that others may read private.
func (o OS) PrepareDir(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return o.mkdir(dir)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: it is %s, not a directory; name the directory itself", ErrUnsafe, kindOf(info.Mode()))
	}
	if err := checkOwner(info); err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 && checksModes {
		return fmt.Errorf("%w: other users may write to it (mode %04o); remove what they put there, then chmod 700 it",
			ErrUnsafe, info.Mode().Perm())
	}
	if info.Mode().Perm() != dirMode && checksModes {
		return os.Chmod(dir, dirMode)
	}
	return nil
}

// mkdir creates dir and what is missing above it.
func (o OS) mkdir(dir string) error {
	parent := filepath.Dir(dir)
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) {
		if err := o.mkdir(parent); err != nil {
			return err
		}
	}
	switch err := os.Mkdir(dir, dirMode); {
	case errors.Is(err, fs.ErrExist): // another process was faster
		return o.PrepareDir(dir)
	case err != nil:
		return err
	}
	return o.SyncDir(parent)
}

func notAFile(path string, info fs.FileInfo) error {
	return fmt.Errorf("%s: %w: it is %s, not a file; remove it", path, ErrUnsafe, kindOf(info.Mode()))
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a directory"
	}
	return "a special file"
}

// Lock implements FS.
func (OS) Lock(path string) (io.Closer, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notAFile(path, info)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, fileMode|lockMode)
	if err != nil {
		return nil, lockOpenError(err)
	}
	if err := checkFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return lock{f}, nil
}

// A lock is a locked file.
type lock struct{ f *os.File }

// Close unlocks the file before it closes it, since a child process that was
// forked and has not called exec yet has the file open too, and would keep it
// locked.
func (l lock) Close() error {
	unlockFile(l.f)
	return l.f.Close()
}

// ReadDir implements FS. It reads a large directory in parts.
func (OS) ReadDir(dir string, fn func(Entry)) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(256)
		for _, e := range entries {
			info, err := e.Info()
			if err == nil { // else it was removed
				fn(Entry{Name: e.Name(), Size: info.Size(), Regular: info.Mode().IsRegular()})
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Create implements FS.
func (OS) Create(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Open implements FS.
func (OS) Open(path string, write bool) (File, error) {
	// Opening a pipe would block.
	if info, err := os.Lstat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, notAFile(path, info)
	}
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(path, flag|noFollow, 0)
	if err != nil {
		return nil, err
	}
	if write {
		if err := checkFile(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return osFile{f}, nil
}

// checkFile returns an error if f is not a regular file of this user.
func checkFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notAFile(f.Name(), info)
	}
	if err := checkOwner(info); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return nil
}

// Remove implements FS.
func (OS) Remove(path string) error { return os.Remove(path) }

// SyncDir implements FS. It ignores that a file system does not sync
// directories.
func (OS) SyncDir(dir string) error { return syncDir(dir) }

// Space implements FS.
func (OS) Space(dir string) (free, size int64, err error) { return space(dir) }

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Allocate(size int64) error { return allocate(f.File, size) }

func (f osFile) Sync() error { return syncFile(f.File) }
