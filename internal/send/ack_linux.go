package send

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// acker asks the kernel how many bytes of a socket the peer has not got.
type acker struct {
	raw syscall.RawConn // nil if the kernel cannot say

	// exact is a socket whose bytes are ours: encryption adds to them, and a
	// unix socket counts memory. Those say only whether there is anything.
	exact bool
}

func newAcker(sock net.Conn, encrypted bool) acker {
	sc, ok := sock.(syscall.Conn)
	if !ok {
		return acker{}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return acker{}
	}
	_, tcp := sock.(*net.TCPConn)
	return acker{raw: raw, exact: tcp && !encrypted}
}

// queued is SIOCOUTQ: bytes written and not acknowledged.
func (a acker) queued() (n int, ok bool) {
	if a.raw == nil {
		return 0, false
	}
	var err error
	if e := a.raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); e != nil || err != nil {
		return 0, false
	}
	return n, true
}

// unacked returns how many of the last written bytes the peer may not have.
// written is the most it can be.
func (a acker) unacked(written int) int {
	n, ok := a.queued()
	switch {
	case !ok:
		return written
	case n == 0:
		return 0
	case a.exact:
		return min(n, written)
	}
	return written
}

// drained tells whether the peer has everything.
func (a acker) drained() bool {
	n, ok := a.queued()
	return ok && n == 0
}

func controlTCP(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		// A kernel that does not have it waits longer; that is no error.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))
	})
}
