package webpage

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/faultsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestServeEndsWithItsContext has one client whose page waits for the context
// of its request, and one client that never completes its request.
func TestServeEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	entered := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			io.WriteString(w, "ended")
		}))
	}()
	slow, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	io.WriteString(slow, "GET / HT") // the rest never comes
	waiting, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	io.WriteString(waiting, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-entered
	cancel()
	waiting.SetReadDeadline(time.Now().Add(10 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(waiting), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "ended" {
		t.Errorf("the page in flight is %q, %v", body, err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve() = %v", err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the listener is still open")
	}
	slow.SetReadDeadline(time.Now().Add(3 * time.Second)) // before ReadHeaderTimeout closes it
	if _, err := io.ReadAll(slow); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a connection without a complete request is still open")
	}
}

// TestRequestsAreBounded has more requests than are served at a time, of two peers.
func TestRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := faultsink.NewPipes()
		var entered atomic.Int64
		leave := make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			entered.Add(1)
			<-leave
			io.WriteString(w, "in")
		})
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- Serve(ctx, l, h) }()
		var clients sync.WaitGroup
		ask := func(n int, peer string) {
			for range n {
				clients.Go(func() {
					if body, err := readFrom(l.Conns, peer, "/"); body != "in" {
						t.Errorf("a client got %q, %v", body, err)
					}
				})
			}
			synctest.Wait()
		}
		for _, tt := range []struct {
			n    int
			peer string
			want int64
		}{
			{2 * maxRequests, "192.0.2.1:1", maxPeerRequests},
			{1, "192.0.2.2:1", maxPeerRequests + 1},
			{maxRequests, "[2001:db8::1]:1", maxRequests},
		} {
			if ask(tt.n, tt.peer); entered.Load() != tt.want {
				t.Errorf("after %d requests of %s, %d are served at a time, want %d", tt.n, tt.peer, entered.Load(), tt.want)
			}
		}
		close(leave)
		clients.Wait()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// readOnce sends one request on a new connection and returns the body of the
// response.
func readOnce(accept chan<- net.Conn) (string, error) { return readFrom(accept, "192.0.2.1:1", "/") }

// from is a connection of that peer.
type from struct {
	net.Conn
	peer string
}

func (f from) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.peer)) }

// readFrom is readOnce with the address of a peer and the path of a page.
func readFrom(accept chan<- net.Conn, peer, path string) (string, error) {
	conn, accepted := net.Pipe()
	defer conn.Close()
	accept <- from{accepted, peer}
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// TestWriteTimeoutAppliesToEachWrite has a page that writes twice, each time
// after longer than the timeout.
func TestWriteTimeoutAppliesToEachWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := faultsink.NewPipes()
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(3 * writeTimeout)
				io.WriteString(w, "late ")
				http.NewResponseController(w).Flush()
				time.Sleep(3 * writeTimeout)
				io.WriteString(w, "and later")
			}))
		}()
		if body, err := readOnce(l.Conns); body != "late and later" || err != nil {
			t.Errorf("the page is %q, %v", body, err)
		}
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func TestServeReturnsTheErrorOfItsListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := Serve(t.Context(), l, http.NotFoundHandler()); err == nil {
		t.Error("Serve of a closed listener returns no error")
	}
}

// TestHalfHeadersAreClosed has clients that never complete the headers of their
// requests (Slowloris), more than are served at a time, before a client that
// does.
func TestHalfHeadersAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := faultsink.NewPipes()
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") }))
		}()
		began := time.Now()
		var clients sync.WaitGroup
		for i := range 2 * maxRequests {
			conn, accepted := net.Pipe()
			clients.Go(func() { // fails when the server closes
				l.Conns <- accepted
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", i%2*maxHeaderBytes*4))
			})
			clients.Go(func() {
				defer conn.Close()
				io.Copy(io.Discard, conn)
			})
		}
		clients.Go(func() {
			if body, err := readOnce(l.Conns); body != "in" {
				t.Errorf("a client got %q, %v", body, err)
			}
		})
		clients.Wait()
		if took := time.Since(began); took > 3*readHeaderTimeout {
			t.Errorf("half headers occupy the server for %s", took)
		}
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}
