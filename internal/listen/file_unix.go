//go:build unix && !linux

package listen

import (
	"io/fs"
	"net"
	"sync"
	"syscall"
)

// umaskMu is locked while limitMode has changed the umask of the process.
var umaskMu sync.Mutex

// limitMode keeps the file of a socket that is bound before undo from ever
// being open to more than mode; claimFile adds the permissions that are
// missing. Here only the umask of the process can do that. Until undo, other
// files that the process creates may be open to fewer users than intended, but
// never to more.
func limitMode(_ *net.ListenConfig, mode fs.FileMode) (undo func()) {
	umaskMu.Lock()
	before := syscall.Umask(int(fs.ModePerm)) // reading the umask means setting it: to no permissions
	syscall.Umask(before | int(fs.ModePerm&^mode))
	return func() {
		syscall.Umask(before)
		umaskMu.Unlock()
	}
}
