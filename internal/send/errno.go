//go:build unix || js || wasip1

package send

import (
	"errors"
	"io/fs"
	"syscall"
)

func isReset(err error) bool   { return errors.Is(err, syscall.ECONNRESET) }
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
func isTooLong(err error) bool { return errors.Is(err, syscall.EMSGSIZE) }

// isStale reports whether the peer of a socket was closed or replaced, so that
// a new connection may work.
func isStale(err error) bool {
	return isRefused(err) || isReset(err) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ENOTCONN)
}
