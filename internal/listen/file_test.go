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

// socketPath is short enough for a socket whatever the test's name.
func socketPath(t testing.TB) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("sockets in the file system are not for Windows")
	}
	dir, err := os.MkdirTemp("", "listen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func TestSocketFiles(t *testing.T) {
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
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
}

// put makes what may stand where a socket shall be.
var put = map[string]func(t *testing.T, path string){
	"stale": func(t *testing.T, path string) {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false) // as a process that was killed
		l.Close()
	},
	"stale datagrams": func(t *testing.T, path string) {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	},
	"living": func(t *testing.T, path string) {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	},
	"living datagrams": func(t *testing.T, path string) {
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

func TestWhatStandsAtThePath(t *testing.T) {
	for _, tt := range []struct {
		name, before string
		ok           bool
	}{
		{"a stale socket is removed", "stale", true},
		{"one of datagrams too", "stale datagrams", true},
		{"a living one is left alone", "living", false},
		{"one of datagrams too", "living datagrams", false},
		{"another's file is left alone", "file", false},
		{"a folder is left alone", "folder", false},
	} {
		for _, transport := range []string{"unix", "unixgram"} {
			t.Run(tt.name+" by "+transport, func(t *testing.T) {
				path := socketPath(t)
				put[tt.before](t, path)
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
					t.Errorf("there is %v now, %v", after, err)
				}
			})
		}
	}
}

func TestTheFileOfTheNextProcessIsLeftAlone(t *testing.T) {
	r := open(t, "unix://"+socketPath(t), Options{})
	path := r.Addr().String()
	if err := os.Rename(path, path+"2"); err != nil { // or its number might be used again
		t.Fatal(err)
	}
	put["living"](t, path)
	r.Close()
	if conn, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}

func TestANameThatIsNoFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has sockets without files")
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
