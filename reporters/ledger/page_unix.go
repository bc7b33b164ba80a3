//go:build linux || darwin || freebsd || netbsd || dragonfly

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// canMap is set where a file and its mapping are one memory, also after the
// process is killed. OpenBSD caches them apart.
const canMap = true

// lockFile locks f until unlockFile, or until the process ends. It returns
// ErrInUse if f is locked. Closing f is not enough, since a mapping keeps it.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	return os.NewSyscallError("flock", err)
}

func unlockFile(f *os.File) {
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // fails only for what is not open
}

func mapFile(f *os.File, size int) ([]byte, error) {
	data, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return data, os.NewSyscallError("mmap", err)
}

func unmap(data []byte) {
	syscall.Munmap(data) // fails only for what is not mapped
}
