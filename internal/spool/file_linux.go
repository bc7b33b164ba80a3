package spool

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func allocate(f *os.File, size int64) error {
	return retry("fallocate", func() error { return unix.Fallocate(int(f.Fd()), 0, 0, size) })
}

// syncFile leaves out the time of the last change, which costs a write of its own.
func syncFile(f *os.File) error {
	return retry("fdatasync", func() error { return unix.Fdatasync(int(f.Fd())) })
}

// retry calls fn until no signal interrupts it.
func retry(call string, fn func() error) error {
	for {
		if err := fn(); !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError(call, err)
		}
	}
}
