package webpage

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
)

// exchange sends the text of a request on a new connection, and returns the
// status and the body of the response.
func exchange(accept chan<- net.Conn, request string) (int, string, error) {
	conn, accepted := net.Pipe()
	defer conn.Close()
	accept <- accepted
	go io.WriteString(conn, request) // fails when the server closes
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// TestBodiesThatNeverArriveAreRefused has more clients than are served at a
// time, none of which sends what its header promises, before one that does:
// net/http reads the body of a request before the response, golang/go#15527.
func TestBodiesThatNeverArriveAreRefused(t *testing.T) {
	const head = " / HTTP/1.1\r\nHost: localhost\r\n"
	for _, request := range []string{
		"GET" + head + "Content-Length: 1\r\n\r\n",
		"GET" + head + "Content-Length: 1000\r\n\r\nhalf",
		"POST" + head + "Content-Length: 9223372036854775807\r\n\r\n",
		"GET" + head + "Expect: 100-continue\r\nConnection: close\r\nContent-Length: 1\r\n\r\n",
		"GET" + head + "Transfer-Encoding: chunked\r\n\r\n",
		"GET" + head + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
		"GET" + head + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			l := faultsink.NewPipes()
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() {
				served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") }))
			}()
			began := time.Now()
			var clients sync.WaitGroup
			for range 2 * maxRequests {
				clients.Go(func() {
					status, body, err := exchange(l.Conns, request)
					if asked := strings.Contains(request, "100-continue"); asked && status == http.StatusContinue {
						return
					}
					half := strings.HasSuffix(request, "\r\n0\r\n") // net/http does not say why
					if status != http.StatusRequestTimeout && !half || !strings.HasSuffix(body, "; send none\n") {
						t.Errorf("%q: %d %q, %v", request, status, body, err)
					}
				})
			}
			synctest.Wait()
			if body, err := readOnce(l.Conns); body != "in" {
				t.Errorf("after %q a client got %q, %v", request, body, err)
			}
			clients.Wait()
			if took := time.Since(began); took > 2*readHeaderTimeout {
				t.Errorf("%q occupies the server for %s", request, took)
			}
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBodiesThatArriveAreDropped has a page that waits for longer than a body
// may take, behind a second check such as that of present.
func TestBodiesThatArriveAreDropped(t *testing.T) {
	const head = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
	for request, want := range map[string]int{
		head + "Content-Length: 4\r\n\r\nbody":                                        200,
		head + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", maxBody):         200,
		head + "Content-Length: 65537\r\n\r\n" + strings.Repeat("x", maxBody+1):       413,
		head + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n":             200,
		head + "Transfer-Encoding: chunked\r\n\r\nodd\r\n":                            400,
		head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", 9): 408,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := faultsink.NewPipes()
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() {
				served <- Serve(ctx, l, refuseBodies(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "first ")
					http.NewResponseController(w).Flush()
					select {
					case <-r.Context().Done():
						t.Errorf("the request ended: %v", context.Cause(r.Context()))
					case <-time.After(3 * readHeaderTimeout):
					}
					io.WriteString(w, "last")
				})))
			}()
			status, body, err := exchange(l.Conns, request)
			if status != want || err != nil || (body == "first last") != (want == 200) {
				t.Errorf("%.120q: %d %q, %v", request, status, body, err)
			}
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBodiesMayBeReadBefore(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 2 {
			if RefusedBody(w, r) {
				return
			}
		}
		r.Body.Close()
		if !RefusedBody(w, r) {
			io.WriteString(w, "in")
		}
	}))
	defer server.Close()
	resp, err := server.Client().Post(server.URL, "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "in" {
		t.Errorf("%q, %v", body, err)
	}
	server.Client().CloseIdleConnections()
}
