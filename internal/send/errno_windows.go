package send

import (
	"errors"

	"golang.org/x/sys/windows"
)

func isReset(err error) bool { return errors.Is(err, windows.WSAECONNRESET) }

// isRefused is spelled as a reset where a datagram is concerned.
func isRefused(err error) bool {
	return errors.Is(err, windows.WSAECONNREFUSED) || errors.Is(err, windows.WSAECONNRESET)
}

func isTooLong(err error) bool { return errors.Is(err, windows.WSAEMSGSIZE) }

// isStale is a socket whose peer was replaced.
func isStale(err error) bool { return isRefused(err) || errors.Is(err, windows.WSAENOTCONN) }
