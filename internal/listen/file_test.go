package listen

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"monkit.example/internal/endpoint"
)

// socketPath returns a path that is short enough for a socket, whatever the
// name of the test.
func socketPath(t testing.TB) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("these tests use sockets as files, which Windows supports only in part")
	}
	dir, err := os.MkdirTemp("", "listen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func TestSocketFileHasItsModeAndIsRemoved(t *testing.T) {
	for _, transport := range []string{"unix", "unixgram"} {
		t.Run(transport, func(t *testing.T) {
			path := socketPath(t)
			r := listen(t, transport+"://"+path+"?mode=0622", Options{})
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o622 {
				t.Errorf("mode is %v, %v", info, err)
			}
			write(t, r.dial(t), "a 1\nb 2\n")
			r.waitForText(t, "a 1\nb 2\n")
			r.stop(t)
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("the file still exists: %v", err)
			}
		})
	}
}

// place has functions that create what may be at the path of a socket.
var place = map[string]func(t *testing.T, path string){
	"stale": func(t *testing.T, path string) {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false) // as if the process had been killed
		l.Close()
	},
	"stale datagrams": func(t *testing.T, path string) {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	},
	"used": func(t *testing.T, path string) {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	},
	"used datagrams": func(t *testing.T, path string) {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	},
	"file": func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	},
	"folder": func(t *testing.T, path string) {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	},
}

func TestOnlyStaleSocketsAreReplaced(t *testing.T) {
	for _, tt := range []struct {
		name, before string
		ok           bool
	}{
		{"stale stream socket is replaced", "stale", true},
		{"stale datagram socket is replaced", "stale datagrams", true},
		{"stream socket in use stays", "used", false},
		{"datagram socket in use stays", "used datagrams", false},
		{"regular file stays", "file", false},
		{"folder stays", "folder", false},
	} {
		for _, transport := range []string{"unix", "unixgram"} {
			t.Run(tt.name+" by "+transport, func(t *testing.T) {
				path := socketPath(t)
				place[tt.before](t, path)
				before, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				l, err := Open(endpoint.Endpoint{Transport: transport, Address: path}, Options{})
				if (err == nil) != tt.ok {
					t.Fatalf("Open() = %v", err)
				}
				if err == nil {
					l.Close()
					return
				}
				if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
					t.Errorf("the path holds %v now, %v", after, err)
				}
			})
		}
	}
}

// Bind says of each file that its address is in use, which would send an operator to
// look for a program that is not there.
func TestPlacesWithoutRoomForASocketAreExplained(t *testing.T) {
	for _, tt := range []struct {
		before, below, advice string
	}{
		{"folder", "", "is a folder; write the path of a file in it, such as PATH" + string(filepath.Separator) + "name.sock"},
		{"file", "", "is a file, and no socket; delete it if it is not needed, or write another path"},
		{"link", "", "is a symbolic link; write the path that it leads to, or delete it"},
		{"link to a folder", "", "is a folder; write the path of a file in it"},
		{"file", "/s", "a part of the path is a file and not a folder: write another path"},
		{"link", "/s", "the folder does not exist: create it"},
		{"used", "", "another program uses this address"},
	} {
		for _, transport := range []string{"unix", "unixgram"} {
			path := socketPath(t)
			switch tt.before {
			case "link":
				os.Symlink(path+"-nothing", path) // if it fails, so does the test
			case "link to a folder":
				os.Symlink(filepath.Dir(path), path) // likewise
			default:
				place[tt.before](t, path)
			}
			_, err := Open(endpoint.Endpoint{Transport: transport, Address: path + tt.below}, Options{})
			if want := strings.ReplaceAll(tt.advice, "PATH", path); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s%s by %s: %v, want %q", tt.before, tt.below, transport, err, want)
			}
		}
	}
}

func TestFileOfTheNextProcessStays(t *testing.T) {
	r := open(t, "unix://"+socketPath(t), Options{})
	path := r.Addr().String()
	if err := os.Rename(path, path+"2"); err != nil { // if it were removed, the next file might get its inode
		t.Fatal(err)
	}
	place["used"](t, path)
	r.Close()
	if conn, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}

func TestAbstractSocketHasNoFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has abstract sockets")
	}
	for _, transport := range []string{"unix", "unixgram"} {
		addr := transport + "://@monkit-" + filepath.Base(filepath.Dir(socketPath(t)))
		r := listen(t, addr, Options{})
		write(t, r.dial(t), "a 1\n")
		r.waitForText(t, "a 1\n")
		r.stop(t)
		ep, err := endpoint.Parse(addr+"?mode=0600", addresses)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ep, Options{}); err == nil || !strings.Contains(err.Error(), "mode is for sockets that are files") {
			t.Errorf("Open() with a mode = %v", err)
		}
	}
}
