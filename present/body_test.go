package present_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// TestBodiesThatNeverArriveOccupyNoPage has the pages in a server without
// timeouts, as http.ListenAndServe does. Each client promises a body that does
// not come.
func TestBodiesThatNeverArriveOccupyNoPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		rec := tracing.NewRecorder(r, tracing.RecorderOptions{})
		defer rec.Close()
		l := faultsink.NewPipes()
		server := &http.Server{Handler: present.HTTPWith(r, present.Options{Recorder: rec})}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		for _, v := range present.Views() {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				began := time.Now()
				conn, accepted := net.Pipe()
				l.Conns <- accepted
				fmt.Fprintf(conn, "%s %s?regex=. HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n", method, v.Path)
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil || resp.StatusCode != http.StatusRequestTimeout || time.Since(began) > 10*time.Second {
					t.Errorf("%s %s: %v, %v after %s", method, v.Path, resp, err, time.Since(began))
				}
				conn.Close()
			}
		}
		server.Close()
		<-served
	})
}

// TestPagesThatWaitTakeBodies waits for longer than a body may take.
func TestPagesThatWaitTakeBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := faultsink.NewPipes()
		r := monkit.NewRegistry()
		server := &http.Server{Handler: present.HTTP(r)}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		conn, accepted := net.Pipe()
		l.Conns <- accepted
		io.WriteString(conn, "GET /trace/wait?trace_id=2b&timeout=60s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody")
		page := make(chan string)
		go func() {
			text, _ := io.ReadAll(conn) // what is missing at an error is noticed below
			page <- string(text)
		}()
		time.Sleep(30 * time.Second)
		traced(r, 43)
		if text := <-page; !strings.Contains(text, "<svg") {
			t.Errorf("the page is\n%s", text)
		}
		conn.Close()
		server.Close()
		<-served
	})
}
