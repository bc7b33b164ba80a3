package listen

import (
	"io/fs"
	"net"
	"syscall"
)

// narrow sees to it that the file of a socket bound by conf is never open to
// more than mode. What it lacks is added when it is bound. Here a socket has a
// mode before it has a file, which gets it.
func narrow(conf *net.ListenConfig, mode fs.FileMode) (undo func()) {
	conf.Control = func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			syscall.Fchmod(int(fd), uint32(mode)) // if it fails, the mode comes after
		})
	}
	return func() {}
}
