//go:build unix

package listen

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// The rule covers the time between bind and chmod, whatever the umask is.
func TestSocketFileIsNeverOpenToMoreThanItsMode(t *testing.T) {
	for _, umask := range []int{0, 0o027, 0o077} {
		before := syscall.Umask(umask)
		path := socketPath(t)
		var conf net.ListenConfig
		undo := limitMode(&conf, 0o640)
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
		if more := info.Mode().Perm() &^ 0o640; more != 0 {
			t.Errorf("umask %o: the mode was %v", umask, info.Mode())
		}
		if after != umask {
			t.Errorf("umask is %o afterwards, want %o", after, umask)
		}
	}
}

// Lstat finds a link that leads nowhere, but chmod does not.
func TestFileWhoseModeCannotBeSetIsAnError(t *testing.T) {
	path := socketPath(t)
	if err := os.Symlink(path+"2", path); err != nil {
		t.Fatal(err)
	}
	if f, err := claimFile(path, 0o600); err == nil || f.path != path {
		t.Errorf("claimFile() = %q, %v; want an error, and the path so that the file is removed", f.path, err)
	}
	if _, err := claimFile(path, 0); err != nil {
		t.Errorf("claimFile() without a mode = %v", err)
	}
}

func TestFileThatDoesNotExistIsAnError(t *testing.T) {
	if f, err := claimFile(socketPath(t), 0); err == nil || f.path != "" {
		t.Errorf("claimFile() = %q, %v; want an error", f.path, err)
	}
}
