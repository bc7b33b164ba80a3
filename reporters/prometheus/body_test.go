package prometheus

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
)

// TestBodiesThatNeverArriveOccupyNoRequest has the page in a server without
// timeouts, and more clients than are served at a time.
func TestBodiesThatNeverArriveOccupyNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := faultsink.NewPipes()
		server := &http.Server{Handler: New(monkit.NewRegistry())}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		ask := func(request string) (net.Conn, *bufio.Reader) {
			conn, accepted := net.Pipe()
			l.Conns <- accepted
			io.WriteString(conn, request)
			return conn, bufio.NewReader(conn)
		}
		status := func(in *bufio.Reader) int {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			return resp.StatusCode
		}
		var clients []*bufio.Reader
		for range 2 * maxRequests {
			conn, in := ask("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n")
			defer conn.Close()
			clients = append(clients, in)
		}
		synctest.Wait()
		conn, in := ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		defer conn.Close()
		if got := status(in); got != http.StatusOK {
			t.Errorf("a page beside them: %d", got)
		}
		for _, in := range clients {
			if got := status(in); got != http.StatusRequestTimeout {
				t.Errorf("a request without its body: %d", got)
			}
		}
		server.Close()
		<-served
	})
}
