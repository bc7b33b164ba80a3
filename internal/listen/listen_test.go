package listen

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/endpoint"
	"monkit.example/monkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// addresses are those of a listener, with all the options it has.
var addresses = endpoint.Default{ServerSide: true, Options: []string{"idle", "mode"}}

// running is a Listener whose Run is under way, and what it gave.
type running struct {
	*Listener
	end  context.CancelFunc
	done chan error

	mu    sync.Mutex
	text  strings.Builder // guarded by mu
	block chan struct{}   // holds up the taker until it is closed; may be nil
}

func listen(t *testing.T, addr string, o Options) *running {
	t.Helper()
	r := open(t, addr, o)
	r.start(t)
	return r
}

func open(t *testing.T, addr string, o Options) *running {
	t.Helper()
	ep, err := endpoint.Parse(addr, addresses)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(ep, o)
	if err != nil {
		t.Fatal(err)
	}
	return &running{Listener: l, done: make(chan error, 1)}
}

func (r *running) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	go func() { r.done <- r.Run(ctx, r.take) }()
}

func (r *running) take(lines []byte) {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Write(lines)
}

func (r *running) got() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// stop ends the listener and checks the law for what it refused.
func (r *running) stop(t *testing.T) {
	t.Helper()
	r.end()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	if err := r.Intake().Check(); err != nil {
		t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.text.String(); s != "" && !strings.HasSuffix(s, "\n") {
		t.Errorf("the last line has no end: %q", s[max(0, len(s)-50):])
	}
}

func (r *running) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial(r.Addr().Network(), r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// stat returns a number that the listener tells of itself.
func (r *running) stat(want string) float64 {
	found := -1.0
	r.Stats(func(_ monkit.SeriesKey, field string, val float64) {
		if field == want {
			found = val
		}
	})
	return found
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// waitFor polls, since sockets are real and so is their time.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

// socketPath is short enough for a socket whatever the test's name.
func socketPath(t *testing.T) string {
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
			r := listen(t, transport+"://"+path+"?mode=0620", Options{})
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o620 {
				t.Errorf("mode is %v, %v", info, err)
			}
			write(t, r.dial(t), "a 1\nb 2\n")
			waitFor(t, "taking", func() bool { return r.got() == "a 1\nb 2\n" })
			r.stop(t)
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
}

func TestWhatStandsAtThePath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets in the file system are not for Windows")
	}
	stale := func(t *testing.T, path string) {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false) // as a process that was killed
		l.Close()
	}
	living := func(t *testing.T, path string) {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	}
	file := func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		before func(*testing.T, string)
		ok     bool
	}{
		{"a stale socket is removed", stale, true},
		{"a living one is left alone", living, false},
		{"another's file is left alone", file, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := socketPath(t)
			tt.before(t, path)
			for _, transport := range []string{"unix", "unixgram"} {
				l, err := Open(endpoint.Endpoint{Transport: transport, Address: path}, Options{})
				if (err == nil) != tt.ok {
					t.Errorf("%s: %v", transport, err)
				}
				if err == nil {
					l.Close()
				}
			}
			if _, err := os.Stat(path); !tt.ok && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, addr, want string }{
		{"port in use", "", "address already in use"},
		{"no certificate", "tls://127.0.0.1:0", "cert=FILE&key=FILE"},
		{"certificate that is not there", "tls://127.0.0.1:0?cert=/nowhere&key=/nowhere", "/nowhere"},
		{"mode that is no mode", "unix:///tmp/x?mode=999", "mode=0660"},
		{"idle that is no time", "tcp://127.0.0.1:0?idle=5", "idle=10m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.addr == "" {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				tt.addr = "tcp://" + l.Addr().String()
				if runtime.GOOS == "windows" {
					tt.want = "listen on"
				}
			}
			ep, err := endpoint.Parse(tt.addr, addresses)
			if err != nil {
				t.Fatal(err)
			}
			l, err := Open(ep, Options{})
			if l != nil || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), ep.Dest()[:9]) {
				t.Errorf("Open() = %v, %v", l, err)
			}
		})
	}
}
