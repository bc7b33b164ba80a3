//go:build unix

package ready

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// events are what a direction waits for. A socket that has failed is ready for both.
var events = [...]int16{forRead: unix.POLLIN, forWrite: unix.POLLOUT}

// poll asks about the socket below sock. It never waits.
func poll(sock any, d direction) bool {
	raw := rawOf(sock)
	if raw == nil {
		return false
	}
	fds := []unix.PollFd{{Events: events[d]}}
	n, err := 0, error(unix.EINTR)
	for err == unix.EINTR {
		if e := raw.Control(func(fd uintptr) {
			fds[0].Fd = int32(fd)
			n, err = unix.Poll(fds, 0)
		}); e != nil {
			return false
		}
	}
	return err == nil && n > 0
}

// rawOf returns the socket below sock, or nil.
func rawOf(sock any) syscall.RawConn {
	for {
		above, ok := sock.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		sock = above.NetConn()
	}
	if s, ok := sock.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}
