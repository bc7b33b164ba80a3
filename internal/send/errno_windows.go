package send

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isRefused includes WSAECONNRESET, which Windows returns when an earlier
// datagram was refused.
func isRefused(err error) bool {
	return errors.Is(err, windows.WSAECONNREFUSED) || errors.Is(err, windows.WSAECONNRESET)
}

func isTooLong(err error) bool { return errors.Is(err, windows.WSAEMSGSIZE) }

// isBrokenPipe is false: every error of a write says why.
func isBrokenPipe(error) bool { return false }

// isNoBuffer reports whether a datagram was not sent because a buffer is full.
func isNoBuffer(err error) bool {
	return errors.Is(err, windows.WSAENOBUFS) || errors.Is(err, windows.WSAEWOULDBLOCK)
}

// isStale reports whether the peer of a socket was closed or replaced, so that
// a new connection may work.
func isStale(err error) bool { return isRefused(err) || errors.Is(err, windows.WSAENOTCONN) }
