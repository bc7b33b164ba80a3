package influx

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters"
)

func batch(fields int) *reporters.Batch {
	k := key("hits", "scope", "app")
	b := &reporters.Batch{}
	for i := range fields {
		b.Points = append(b.Points, reporters.Point{Key: k, Field: fmt.Sprintf("f%02d", i), Value: 1, Time: 42, Series: 1, ID: uint32(i + 2)})
	}
	return b
}

// server records what is posted to it.
type server struct {
	*httptest.Server

	mu    sync.Mutex
	seen  []string // path, query, authorization
	gzips int      // number of compressed bodies
	lines strings.Builder
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := faultsink.ReadBody(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines.WriteString(body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		s.gzips++
	}
	s.seen = append(s.seen, r.URL.RequestURI()+" "+r.Header.Get("Authorization"))
	w.WriteHeader(http.StatusNoContent)
}

func TestNewSendsOverHTTP(t *testing.T) {
	token := func() string { return "secret" }
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("of-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		opts       Options
		want       string
	}{
		{"InfluxDB 1", "/write?db=x", Options{}, "/write?db=x&precision=ns "},
		{"the database by option", "", Options{Database: "x"}, "/write?db=x&precision=ns "},
		{"InfluxDB 2", "/api/v2/write?org=o&bucket=b", Options{Token: token}, "/api/v2/write?bucket=b&org=o&precision=ns Token secret"},
		{"white space around a token", "/write?db=x", Options{Token: func() string { return "\tsecret\r\n" }}, "/write?db=x&precision=ns Token secret"},
		{"token file", "/write?db=x", Options{TokenFile: file, Token: token}, "/write?db=x&precision=ns Token of-the-file"},
		{"token file of the address", "/api/v3/write_lp?db=x&tokenfile=" + url.QueryEscape(file), Options{TokenFile: "missing"}, "/api/v3/write_lp?db=x&precision=nanosecond Bearer of-the-file"},
		{"InfluxDB 3", "/api/v3/write_lp?db=x", Options{Token: token}, "/api/v3/write_lp?db=x&precision=nanosecond Bearer secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			p := NewWith(s.URL+tt.path, tt.opts)
			if err := p.Report(t.Context(), batch(2)); err != nil {
				t.Fatal(err)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.seen, "\n"); got != tt.want {
				t.Errorf("requested %q, want %q", got, tt.want)
			}
			if got := s.lines.String(); got != "hits,scope=app f00=1,f01=1 42\n" {
				t.Errorf("received %q", got)
			}
			if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 {
				t.Errorf("ledger is %v", l)
			}
		})
	}
}

func TestNothingIsRequestedWithoutAToken(t *testing.T) {
	for name, o := range map[string]Options{
		"Token returns none":   {Token: func() string { return " \n" }},
		"Token panics":         {Token: func() string { panic("no token") }},
		"TokenFile is missing": {TokenFile: filepath.Join(t.TempDir(), "missing")},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			p := NewWith(s.URL+"/write?db=x", o)
			if err := p.Report(t.Context(), batch(2)); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := p.Close(ctx); err == nil || !strings.Contains(err.Error(), "token") {
				t.Errorf("Close returns %v, which does not say what is missing", err)
			}
			if len(s.seen) > 0 {
				t.Errorf("requested %q", s.seen)
			}
			if l := p.Ledger(); l.Check() != nil || l.Delivered != 0 {
				t.Errorf("ledger is %v", l)
			}
		})
	}
}

func TestLargeBodiesAreCompressed(t *testing.T) {
	for _, tt := range []struct {
		option string
		gzips  int
	}{{"", 1}, {"&gzip=on", 1}, {"&gzip=off", 0}} {
		s := newServer(t)
		p := New(s.URL + "/write?db=x" + tt.option)
		if err := p.Report(t.Context(), batch(500)); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, _ := newCodec().AppendRun(nil, batch(500).Points)
		if s.lines.String() != string(want) || s.gzips != tt.gzips {
			t.Errorf("%q: received %d bytes in %d compressed bodies, want %d in %d", tt.option, s.lines.Len(), s.gzips, len(want), tt.gzips)
		}
		if got := strings.Join(s.seen, " "); strings.Contains(got, "gzip") {
			t.Errorf("%q: requested %s", tt.option, got)
		}
		if l := p.Ledger(); l.Check() != nil || l.Delivered != 500 {
			t.Errorf("%q: ledger is %v", tt.option, l)
		}
	}
}

// A server that cannot read a compressed body says so in one of several ways. No
// line is lost then, and no later body is compressed.
func TestServerThatTakesNoGzipGetsPlainBodies(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		text   string
	}{
		{"by its status", 415, ""},
		{"by its words", 400, `{"code":"invalid","message":"invalid UTF-8"}`},
	} {
		sink := faultsink.NewHTTP(t, faultsink.NoGzip(faultsink.OK(), tt.status, tt.text))
		p := New("http://" + sink.Addr() + "/write?db=x")
		for range 2 {
			if err := p.Report(t.Context(), batch(500)); err != nil {
				t.Fatal(err)
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if l := p.Ledger(); l.Check() != nil || l.Delivered != 1000 || sink.Visits() != 3 {
			t.Errorf("%s: ledger is %v after %d requests, want 3", tt.name, l, sink.Visits())
		}
	}
}

func TestNewSendsOverUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := New("udp://" + conn.LocalAddr().String())
	if err := p.Report(t.Context(), batch(1)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 2000)
	n, _, err := conn.ReadFrom(buf)
	if string(buf[:n]) != "hits,scope=app f00=1 42\n" {
		t.Errorf("received %q, %v", buf[:n], err)
	}
}

func TestReportReturnsTheErrorOfTheAddress(t *testing.T) {
	p := New("http://user:secret@127.0.0.1:1/write")
	err := p.Report(t.Context(), batch(1))
	if err == nil || !strings.Contains(err.Error(), "no database") || strings.Contains(err.Error(), "secret") {
		t.Errorf("Report() = %v", err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Dropped.Sum() != 1 {
		t.Errorf("ledger is %v", l)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
}
