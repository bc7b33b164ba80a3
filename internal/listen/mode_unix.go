//go:build unix && !linux

package listen

import (
	"io/fs"
	"net"
	"sync"
	"syscall"
)

var umask sync.Mutex // held while the process has another one than it had

// narrow sees to it that the file of a socket bound before undo is never open
// to more than mode. What it lacks is added when it is bound. Only the umask
// of the process can do that here: other files made meanwhile may be open to
// fewer than was meant, never to more.
func narrow(_ *net.ListenConfig, mode fs.FileMode) (undo func()) {
	umask.Lock()
	before := syscall.Umask(int(fs.ModePerm)) // nothing for anybody until it is known
	syscall.Umask(before | int(fs.ModePerm&^mode))
	return func() {
		syscall.Umask(before)
		umask.Unlock()
	}
}
