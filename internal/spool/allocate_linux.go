package spool

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fallocate", err)
		}
	}
}
