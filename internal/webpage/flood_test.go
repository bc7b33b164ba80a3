package webpage

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// floodTimeout is for what takes milliseconds, on a machine that is busy.
const floodTimeout = 40 * time.Second

// site is a server of one large page and of /healthz.
type site struct {
	addr string
	log  *logText
}

// logText is a log that may be read while it is written.
type logText struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// largePage does not fit into the buffers of a connection.
var largePage = []byte(strings.Repeat("0123456789abcdef", 1<<19))

func newSite(t *testing.T) site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := http.NewServeMux()
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") })
	m.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	m.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(largePage) })
	m.HandleFunc("/wait", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	s := site{l.Addr().String(), new(logText)}
	served := make(chan error, 1)
	go func() {
		served <- ServeWith(ctx, l, m, Options{Health: []string{"/healthz"}, Logger: slog.New(slog.NewTextHandler(s.log, nil))})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// get requests a page on a new connection.
func (s site) get(path string) (string, error) {
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(floodTimeout))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path) // else there is no response
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// occupy opens n connections, sends text on each, and reads a byte if the server
// should respond. They stay open until the end of the test.
func (s site) occupy(t *testing.T, n int, text string, responds bool) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.(*net.TCPConn).SetReadBuffer(4 << 10)
		io.WriteString(c, text) // fails if the server closed it for others
		if responds {
			all.Go(func() {
				c.SetReadDeadline(time.Now().Add(floodTimeout))
				c.Read(make([]byte, 1)) // likewise
			})
		}
	}
	all.Wait()
}

// TestBadClientsKeepNoOthersOut has clients that occupy what they can, more than may
// be served at a time, all at the address of the good one.
func TestBadClientsKeepNoOthersOut(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		responds   bool
		most       int // connections: what the page costs is not what is tested
	}{
		{"no request", "", false, maxConns + 200},
		{"half a header", "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", false, maxConns + 200},
		{"silent body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", false, maxConns + 200},
		{"silent body for health", "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", false, maxConns + 200},
		{"silent chunks", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", false, maxConns + 200},
		{"expected body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", true, maxConns + 200},
		{"keep-alive", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", true, maxConns + 200},
		{"keep-alive of health", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", true, maxConns + 200},
		{"slow reader", "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", false, 300},
		{"slow reader of many pages", strings.Repeat("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", 20), false, 300},
		{"slow reader of health", strings.Repeat("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 50), false, 300},
	} {
		for _, n := range []int{maxRequests, tt.most} {
			t.Run(fmt.Sprint(n, " ", tt.name), func(t *testing.T) {
				s := newSite(t)
				s.occupy(t, n, tt.text, tt.responds)
				for path, want := range map[string]string{"/": "page", "/healthz": "ok"} {
					if got, err := s.get(path); got != want || err != nil {
						t.Errorf("%s is %q, %v", path, got, err)
					}
				}
				if text := s.log.String(); strings.Count(text, "\n") > 1 {
					t.Errorf("the log has\n%s", text)
				}
			})
		}
	}
}

// TestHealthRespondsWhileAllPlacesAreTaken has pages that wait as long as their
// clients do.
func TestHealthRespondsWhileAllPlacesAreTaken(t *testing.T) {
	s := newSite(t)
	s.occupy(t, maxConns+100, "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n", false)
	for range 20 {
		if got, err := s.get("/healthz"); got != "ok" || err != nil {
			t.Errorf("/healthz is %q, %v", got, err)
		}
	}
}

func TestPeerOf(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"192.0.2.1:80", "192.0.2.1"},
		{"[::ffff:192.0.2.1]:80", "192.0.2.1"},
		{"[2001:db8:1:2:3:4:5:6]:80", "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:80", "fe80::/64"},
		{"[::1]:80", "::/64"},
	} {
		ap, err := net.ResolveTCPAddr("tcp", tt.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := peerOf(ap); got != tt.want {
			t.Errorf("peerOf(%s) = %s, want %s", tt.address, got, tt.want)
		}
	}
	if got := peerOf(&net.UnixAddr{Name: "@", Net: "unix"}); got != "@" {
		t.Errorf("the peer of a socket is %q", got)
	}
}
