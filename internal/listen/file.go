package listen

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
)

// socketFile is the file that a unix socket leaves behind. The zero value is
// of a socket that has none.
type socketFile struct {
	path string
	info fs.FileInfo
}

// isFile tells whether a unix socket of that name is a file: on Linux a name
// that starts with @ is not.
func isFile(path string) bool { return runtime.GOOS != "linux" || !strings.HasPrefix(path, "@") }

// claimFile remembers the file of a socket that was just bound, and gives it
// mode if there is one.
func claimFile(path string, mode fs.FileMode) (f socketFile, err error) {
	if !isFile(path) {
		return socketFile{}, nil
	}
	if f.info, err = os.Lstat(path); err != nil {
		return socketFile{}, fmt.Errorf("find the socket: %w", err)
	}
	f.path = path
	if mode != 0 {
		if err = os.Chmod(path, mode); err != nil {
			return f, fmt.Errorf("set mode: %w", err)
		}
	}
	return f, nil
}

// remove removes the file, unless another process has put its own there. It
// comes before the socket is closed, or it might be the file of the next
// process, which has just taken ours for stale.
func (f socketFile) remove() {
	if f.path == "" {
		return
	}
	// Windows cannot tell sockets apart.
	if now, err := os.Lstat(f.path); err == nil && (runtime.GOOS == "windows" || os.SameFile(now, f.info)) {
		os.Remove(f.path) // if it stays, the next process finds it stale
	}
}

// removeStale removes a socket that nobody listens on any more, which is what
// a process that was killed leaves behind. Anything else is left alone.
func removeStale(path string) {
	if !isFile(path) {
		return
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return
	}
	for _, network := range []string{"unix", "unixgram"} { // the wrong one says nothing
		conn, err := net.Dial(network, path)
		if err == nil {
			conn.Close() // somebody listens
			return
		}
		if refused(err) {
			os.Remove(path) // if it fails, binding says why
			return
		}
	}
}
