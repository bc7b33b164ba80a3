package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Windows has numbers of its own for what syscall names after Unix; no other
// system uses these.
const (
	winAddrInUse    = syscall.Errno(10048)
	winAddrNotAvail = syscall.Errno(10049)
	winAccess       = syscall.Errno(10013)
)

// Explain adds to the error of a socket that could not be bound what to do
// about it.
func Explain(err error) error {
	if advice := adviceFor(err); advice != "" {
		return fmt.Errorf("%w; %s", err, advice)
	}
	return err
}

func adviceFor(err error) string {
	switch {
	case err == nil:
		return ""
	case isAny(err, syscall.EADDRINUSE, winAddrInUse):
		return "another program has it: end that one, or write another port or path"
	case isAny(err, syscall.EADDRNOTAVAIL, winAddrNotAvail):
		return "this machine has no such address: write one of its own, or leave out the host"
	case isAny(err, fs.ErrPermission, winAccess):
		return "this user may not: write a port from 1024 on, or a path in a folder of this user"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such folder: make it, or write another path"
	}
	return ""
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
