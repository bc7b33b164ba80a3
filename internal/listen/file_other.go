//go:build !unix

package listen

import (
	"io/fs"
	"net"
)

// limitMode does nothing: here the mode of a file restricts no user.
func limitMode(*net.ListenConfig, fs.FileMode) (undo func()) { return func() {} }
