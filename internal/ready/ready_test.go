//go:build unix

package ready

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wrapped is a connection above another one.
type wrapped struct{ net.Conn }

// NetConn returns the connection below.
func (w wrapped) NetConn() net.Conn { return w.Conn }

// eventually waits until cond holds: the sockets are real.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

func TestSocketIsReadyWhenItHasWhatIsWaitedFor(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = filepath.Join(t.TempDir(), "s")
			}
			l, err := net.Listen(network, addr)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if Read(l) {
				t.Error("a listener without connections is ready")
			}
			client, err := net.Dial(network, l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			eventually(t, "a connection", func() bool { return Read(l) })
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if Read(l) {
				t.Error("a listener whose connection was accepted is ready")
			}
			if Read(server) || Read(wrapped{server}) || !Write(client) {
				t.Errorf("before a write: read %v, write %v", Read(server), Write(client))
			}
			client.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
			for err = nil; err == nil; {
				_, err = client.Write(make([]byte, 1<<20))
			}
			eventually(t, "data", func() bool { return Read(server) && Read(wrapped{wrapped{server}}) })
			if Write(client) {
				t.Error("a connection whose buffers are full is ready for a write")
			}
			server.Close()
			if Read(server) || Write(server) {
				t.Error("a closed connection is ready")
			}
		})
	}
}

func TestWhatIsNoSocketIsNotReady(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for _, sock := range []any{nil, a, wrapped{b}, 1} {
		if Read(sock) || Write(sock) {
			t.Errorf("%v is ready", sock)
		}
	}
}
