package present_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
)

// freePort returns a loopback address that no server uses.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// getWhenServed returns the page at target of a server that is just starting.
func getWhenServed(t *testing.T, target, host string) string {
	t.Helper()
	for {
		req, err := http.NewRequestWithContext(t.Context(), "GET", target, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Close, req.Host = true, host
		resp, err := http.DefaultClient.Do(req)
		if errors.Is(err, syscall.ECONNREFUSED) {
			runtime.Gosched()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestListenAndServeEndsWithItsContext(t *testing.T) {
	address := freePort(t)
	_, port, _ := net.SplitHostPort(address)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- present.ListenAndServeWith(ctx, ":"+port, world(t), present.Options{Hosts: []string{"a.example"}})
	}()
	for host, hidden := range map[string]bool{"": false, "a.example": false, "evil.example": true} {
		if got := getWhenServed(t, "http://"+address+"/ps", host); strings.Contains(got, present.HiddenText) != hidden {
			t.Errorf("for the host %q the page is\n%s", host, got)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("the listener is still open")
	}
}

func TestListenAndServeWithoutHostIsLocal(t *testing.T) {
	address := freePort(t)
	_, port, _ := net.SplitHostPort(address)
	occupied, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer occupied.Close()
	err = present.ListenAndServe(":"+port, monkit.NewRegistry())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v, want that the loopback address is in use", err)
	}
}

func TestListenAndServeExplainsWrongAddresses(t *testing.T) {
	for _, address := range []string{"", "9000", "localhost", "a:b:c", "localhost:99999", "[::1"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := present.ListenAndServeWith(ctx, address, nil, present.Options{})
		if cancel(); err == nil || !strings.Contains(err.Error(), "serve pages at ") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
