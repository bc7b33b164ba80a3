package otlp

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/send"
)

// listenAt serves c at addr until the test ends.
func listenAt(t *testing.T, c *http.Server, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skip("the machine has no such address: ", err)
	}
	go c.Serve(l)
	t.Cleanup(func() { c.Close() })
}

// The name is that of the header Host, whatever address it has.
func TestNextAddressOfANameIsTried(t *testing.T) {
	var requests atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close() // the first address refuses from now on
	listenAt(t, &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Host == "otlp.test:"+port && r.URL.Path == "/v1/metrics" {
			requests.Add(1)
		}
	})}, "127.0.0.2:"+port)
	ep, err := endpoint.Parse("http://otlp.test:"+port, endpoint.Default{})
	if err != nil {
		t.Fatal(err)
	}
	dial, err := Options{}.dial(&ep)
	if err != nil {
		t.Fatal(err)
	}
	dial.Lookup = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1", "127.0.0.2"}, nil }
	d, err := openDocuments(ep, newDocument(nil), dial)
	if err != nil {
		t.Fatal(err)
	}
	s := send.New(d, send.Options{Name: "x", InitialBackoff: time.Millisecond})
	lines, _ := newEncoder().AppendRun(nil, gauges("a").Points)
	if err := s.Send(t.Context(), lines, 1); err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context()); err != nil || requests.Load() != 1 {
		t.Errorf("%v, %d requests arrived", err, requests.Load())
	}
	if l := s.Ledger(); l.Check() != nil || l.Delivered != 1 {
		t.Errorf("ledger %v", l)
	}
}

func TestNothingIsRequestedWithoutAToken(t *testing.T) {
	for name, o := range map[string]Options{
		"Token returns none":   {Token: func() string { return " \n" }},
		"TokenFile is missing": {TokenFile: filepath.Join(t.TempDir(), "missing")},
	} {
		c := newCollector(t, nil)
		p, err := Open(c.URL, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Report(t.Context(), gauges("a")); err != nil {
			t.Error(err)
		}
		for deadline := time.Now().Add(20 * time.Second); p.Unavailable() == nil; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: no failure", name)
			}
		}
		if err := p.Unavailable(); !strings.Contains(err.Error(), "token") {
			t.Errorf("%s: the failure is %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p.Close(ctx)
		if l := p.Ledger(); l.Check() != nil || l.Delivered != 0 || len(c.requests) != 0 {
			t.Errorf("%s: ledger %v after %d requests", name, l, len(c.requests))
		}
	}
}

// A reporter that is made without a logger gets that of its collector.
func TestWarningIsLoggedByTheCollectorsLogger(t *testing.T) {
	c := newCollector(t, func(w http.ResponseWriter, _ []string) {
		w.Write([]byte(`{"partialSuccess":{"errorMessage":"use delta"}}`))
	})
	p := New(c.URL)
	var log strings.Builder
	if !p.SetLogger(slog.New(slog.NewTextHandler(&log, nil))) {
		t.Error("the reporter does not log failures")
	}
	for range 3 {
		if err := p.Report(t.Context(), gauges("a")); err != nil {
			t.Error(err)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := log.String(); strings.Count(got, "use delta") != 1 {
		t.Errorf("logged %q", got)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 3 {
		t.Errorf("ledger %v", l)
	}
}
