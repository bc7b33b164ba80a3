package listen

import (
	"io/fs"
	"net"
	"syscall"
)

// limitMode keeps the file of a socket that conf binds before undo from ever
// being open to more than mode; claimFile adds the permissions that are
// missing. On Linux the mode of the socket, set before bind, becomes that of
// the file.
func limitMode(conf *net.ListenConfig, mode fs.FileMode) (undo func()) {
	conf.Control = func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			syscall.Fchmod(int(fd), uint32(mode)) // if it fails, claimFile sets the mode after bind
		})
	}
	return func() {}
}
