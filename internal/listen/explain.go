package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// The error numbers of Windows for errors that package syscall names as on
// Unix. No other system uses these numbers.
const (
	winAccess       = syscall.Errno(10013)
	winAddrInUse    = syscall.Errno(10048)
	winAddrNotAvail = syscall.Errno(10049)
	winConnRefused  = syscall.Errno(10061)
)

// Explain returns err with advice for the operator, if err is the error of a
// socket that could not be bound and there is advice for it.
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
	case IsInUse(err):
		return "another program uses this address: stop that program, or write another port or path"
	case isAny(err, syscall.EADDRNOTAVAIL, winAddrNotAvail):
		return "this machine does not have this address: write one that it has, or leave out the host"
	case isAny(err, fs.ErrPermission, winAccess):
		return "this user lacks the permission: write a port from 1024 on, or a path in a folder that this user can write to"
	case isAny(err, syscall.ENOTDIR):
		return "a part of the path is a file and not a folder: write another path"
	case errors.Is(err, fs.ErrNotExist):
		return "the folder does not exist: create it, or write another path"
	}
	return ""
}

// IsInUse reports whether err is that of an address at which a socket is bound
// already.
func IsInUse(err error) bool { return isAny(err, syscall.EADDRINUSE, winAddrInUse) }

// isConnRefused reports whether err is the error of a dial to an address at
// which no socket is bound.
func isConnRefused(err error) bool { return isAny(err, syscall.ECONNREFUSED, winConnRefused) }

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
