//go:build unix

package listen

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// Between bind and chmod a socket is never open to more than asked for,
// whatever the umask is.
func TestASocketIsNeverWiderThanAskedFor(t *testing.T) {
	for _, umask := range []int{0, 0o027, 0o077} {
		before := syscall.Umask(umask)
		path := socketPath(t)
		var conf net.ListenConfig
		undo := narrow(&conf, 0o640)
		l, err := conf.Listen(t.Context(), "unix", path)
		undo()
		after := syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if wider := info.Mode().Perm() &^ 0o640; wider != 0 {
			t.Errorf("umask %o: the socket was %v", umask, info.Mode())
		}
		if after != umask {
			t.Errorf("umask is %o, it was %o", after, umask)
		}
	}
}
