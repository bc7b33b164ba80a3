package prometheus

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
)

// A client that does not read is disconnected, also from a server without
// timeouts, and the connection of one that reads is used again after that time.
func TestClientThatDoesNotReadIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := monkit.NewRegistry()
		for i := range 100 { // more than the server buffers
			reg.ScopeNamed("s").Counter("c", monkit.NewSeriesTag("n", fmt.Sprint(i))).Inc(1)
		}
		h := New(reg)
		mux := http.NewServeMux()
		mux.Handle("/", h)
		mux.HandleFunc("/other", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 10_000)) })
		l := faultsink.NewPipes()
		s := &http.Server{Handler: mux}
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()

		client, server := net.Pipe()
		l.Conns <- server
		fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		synctest.Wait()
		if len(h.requests) != 1 {
			t.Errorf("%d requests are in progress", len(h.requests))
		}
		time.Sleep(writeTimeout + time.Second)
		synctest.Wait()
		if len(h.requests) != 0 {
			t.Error("the request of a client that does not read is still in progress")
		}
		client.Close()

		connections := 0
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			l.Conns <- server
			connections++
			return client, nil
		}}
		for _, path := range []string{"/", "/other", "/"} {
			resp, err := (&http.Client{Transport: transport}).Get("http://x" + path)
			if err != nil {
				t.Fatal(err)
			}
			page, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || len(page) < 5000 {
				t.Errorf("%v, %d bytes", err, len(page))
			}

			time.Sleep(2 * writeTimeout)
		}
		if connections != 1 {
			t.Errorf("%d connections were made", connections)
		}
		transport.CloseIdleConnections()
		s.Close()
		<-served
	})
}
