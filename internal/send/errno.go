//go:build unix || js || wasip1

package send

import (
	"errors"
	"io/fs"
	"syscall"
)

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
func isTooLong(err error) bool { return errors.Is(err, syscall.EMSGSIZE) }

// isBrokenPipe reports whether err says only that the connection has ended.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// isNoBuffer reports whether a datagram was not sent because a buffer is full.
func isNoBuffer(err error) bool {
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM)
}

// isStale reports whether the peer of a socket was closed or replaced, so that
// a new connection may work.
func isStale(err error) bool {
	return isRefused(err) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ENOTCONN)
}
