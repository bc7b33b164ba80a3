package listen

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// socketFile is the file of a unix socket. The zero value belongs to a socket
// without a file.
type socketFile struct {
	path string
	info fs.FileInfo
}

// isFile reports whether a unix socket at path is a file: on Linux a name that
// starts with @ is not.
func isFile(path string) bool { return runtime.GOOS != "linux" || !strings.HasPrefix(path, "@") }

// claimFile returns the file of a socket that was just bound to path, and sets
// its mode unless mode is zero. Where limitMode exists, the file was never
// open to more than mode before.
func claimFile(path string, mode fs.FileMode) (f socketFile, err error) {
	if !isFile(path) {
		return socketFile{}, nil
	}
	if f.info, err = os.Lstat(path); err != nil {
		return socketFile{}, fmt.Errorf("find the file of the socket: %w", err)
	}
	f.path = path
	if mode != 0 {
		if err = os.Chmod(path, mode); err != nil {
			return f, fmt.Errorf("set the mode of the socket's file: %w", err)
		}
	}
	return f, nil
}

// remove removes the file, unless another process has put its own in that
// place. Call it before the socket is closed: after that, the next process
// may have found this file stale and put its own there.
func (f socketFile) remove() {
	if f.path == "" {
		return
	}
	// On Windows os.SameFile cannot compare sockets.
	if now, err := os.Lstat(f.path); err == nil && (runtime.GOOS == "windows" || os.SameFile(now, f.info)) {
		os.Remove(f.path) // if it stays, the next process finds it stale
	}
}

// checkPlace returns an error if a socket cannot be bound to path because of what is
// there: bind says of each file that the address is in use.
func checkPlace(path string) error {
	if !isFile(path) {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&(fs.ModeSocket|fs.ModeIrregular) != 0 { // irregular are sockets of Windows
		return nil // bind says what is wrong, if something is
	}
	if target, err := os.Stat(path); err == nil && target.IsDir() {
		return fmt.Errorf("%s is a folder; write the path of a file in it, such as %s", path, filepath.Join(path, "name.sock"))
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link; write the path that it leads to, or delete it", path)
	}
	return fmt.Errorf("%s is a file, and no socket; delete it if it is not needed, or write another path", path)
}

// removeStale removes the file of a socket to which no process listens any
// more; a process that was killed leaves one behind. It leaves every other file
// alone.
func removeStale(path string) {
	if !isFile(path) {
		return
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return
	}
	for _, network := range []string{"unix", "unixgram"} { // the wrong one fails with another error
		conn, err := net.Dial(network, path)
		if err == nil {
			conn.Close() // a process listens
			return
		}
		if isConnRefused(err) {
			os.Remove(path) // if it fails, so does bind, with its own error
			return
		}
	}
}
