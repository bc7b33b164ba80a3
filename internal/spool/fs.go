package spool

import "io"

// FS is the part of a file system that a spool uses. OS is the real one; tests
// use others, which crash and fail. Paths are those of package filepath.
type FS interface {
	// PrepareDir creates dir and what is missing above it, for this user only
	// and durably. It returns an ErrUnsafe if another user could change what is
	// in dir.
	PrepareDir(dir string) error
	// Lock locks the file at path for this process until the result is closed.
	// It creates the file if there is none. It returns ErrLocked if another
	// process has locked it.
	Lock(path string) (io.Closer, error)
	// ReadDir calls fn with the files in dir.
	ReadDir(dir string, fn func(Entry)) error
	// Create creates a file, for this user only. It fails if there is one.
	Create(path string) (File, error)
	// Open opens a regular file that exists, for reading or for both. It does
	// not follow a symbolic link.
	Open(path string, write bool) (File, error)
	// Remove removes a file.
	Remove(path string) error
	// SyncDir makes durable which files there are in dir.
	SyncDir(dir string) error
	// Space returns the size of the file system of dir and what is free of it
	// for this user, in bytes. It returns errors.ErrUnsupported if the system
	// does not say.
	Space(dir string) (free, size int64, err error)
}

// A File of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size returns the length of the file in bytes.
	Size() (int64, error)
	// Truncate changes the length of the file.
	Truncate(size int64) error
	// Allocate makes the file size bytes long and reserves the space, so that
	// writing below size cannot fail for lack of it. It returns
	// errors.ErrUnsupported if the file system cannot.
	Allocate(size int64) error
	// Sync makes durable what was written.
	Sync() error
}

// An Entry is a file in a directory.
type Entry struct {
	Name    string
	Size    int64
	Regular bool // neither a directory, a symbolic link nor a device
}
