package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs the program until the test ends, and returns the URL it serves at.
func serve(t *testing.T, f flags) (base string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	logged, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, f, func(format string, args ...any) { logged <- fmt.Sprintf(format, args...) })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	select {
	case line := <-logged:
		base, _, _ = strings.Cut(strings.TrimPrefix(line, "serving "), "/videos")
		return base
	case err := <-ended:
		t.Fatal(err)
		return ""
	}
}

func TestServesVideosAndDebugPages(t *testing.T) {
	base := serve(t, flags{addr: "127.0.0.1:0", load: 100})
	for _, path := range []string{"/videos", "/videos/v0001", "/debug/", "/debug/stats", "/debug/funcs/dot", "/debug/traces"} {
		if status := get(t, base+path); status != http.StatusOK {
			t.Errorf("%s gives %d", path, status)
		}
	}
}

// get repeats the request while the status is 503, because the backends fail
// now and then on purpose.
func get(t *testing.T, url string) (status int) {
	t.Helper()
	for range 20 {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if status = resp.StatusCode; status != http.StatusServiceUnavailable {
			break
		}
	}
	return status
}

func TestPushesMetrics(t *testing.T) {
	carbon, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 10_000)
	go receive(carbon, lines)
	t.Run("until it ends", func(t *testing.T) {
		serve(t, flags{addr: "127.0.0.1:0", graphite: carbon.Addr().String()})
	}) // the program pushes once more when it ends
	carbon.Close()
	for line := range lines {
		if strings.HasPrefix(line, "monkit_example_examples_vlite_vlite.videos.") {
			return
		}
	}
	t.Error("the number of videos did not arrive")
}

// receive reads the lines of one connection.
func receive(l net.Listener, lines chan<- string) {
	defer close(lines)
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	for s := bufio.NewScanner(conn); s.Scan(); {
		lines <- s.Text()
	}
}

func TestBadAddressIsAnError(t *testing.T) {
	err := run(t.Context(), flags{addr: "127.0.0.1:none"}, t.Logf)
	if err == nil || !strings.Contains(err.Error(), "-addr") {
		t.Errorf("got %v, want an error that names the flag", err)
	}
}
