package send

import (
	"errors"

	"golang.org/x/sys/windows"
)

func isReset(err error) bool { return errors.Is(err, windows.WSAECONNRESET) }

// isRefused includes WSAECONNRESET, which Windows returns when an earlier
// datagram was refused.
func isRefused(err error) bool {
	return errors.Is(err, windows.WSAECONNREFUSED) || errors.Is(err, windows.WSAECONNRESET)
}

func isTooLong(err error) bool { return errors.Is(err, windows.WSAEMSGSIZE) }

// isStale reports whether the peer of a socket was closed or replaced, so that
// a new connection may work.
func isStale(err error) bool { return isRefused(err) || errors.Is(err, windows.WSAENOTCONN) }
