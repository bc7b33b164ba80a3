package relay_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/otlp"
	"monkit.example/reporters/pickle"
	"monkit.example/tracing/zipkin"
)

// exporter is what every format makes of an address.
type exporter interface {
	monkit.StatSource
	ledger.Keeper
	Flush(ctx context.Context) error
	Close(ctx context.Context) error
}

// pushed is an exporter with a function that passes it 100 points or spans, which
// are more than what is not compressed.
type pushed struct {
	exporter
	fill func(t *testing.T)
}

// A format opens an exporter to addr.
type format struct {
	name, suffix string // what an address has after the host
	open         func(t *testing.T, addr string) pushed
}

// httpFormats are those that are posted.
var httpFormats = []format{
	{"influx", "/write?db=x&", func(t *testing.T, addr string) pushed { return ofReporter(influx.Open(addr, influx.Options{}))(t) }},
	{"otlp", "/?", func(t *testing.T, addr string) pushed { return ofReporter(otlp.Open(addr, otlp.Options{}))(t) }},
	{"zipkin", "/?", func(t *testing.T, addr string) pushed { return ofZipkin(addr) }},
}

// ofReporter takes both results of a format's Open.
func ofReporter(p *reporters.Pusher, err error) func(t *testing.T) pushed {
	return func(t *testing.T) pushed {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b := new(reporters.Batch)
		for i := range 100 {
			key := monkit.NewSeriesKey(fmt.Sprintf("measurement_%d", i))
			b.Points = append(b.Points, reporters.Point{Key: key, Field: "value", Value: 0.5, Time: 1_700_000_000e9})
		}
		return pushed{p, func(t *testing.T) {
			t.Helper()
			if err := p.Report(t.Context(), b); err != nil {
				t.Error(err)
			}
		}}
	}
}

func ofZipkin(addr string) pushed {
	r := monkit.NewRegistry()
	e := zipkin.NewWith(addr, zipkin.Options{Registry: r})
	f := r.ScopeNamed("scope").FuncNamed("f")
	return pushed{e, func(*testing.T) {
		for range 100 {
			ctx := context.Background()
			f.Task(&ctx)(nil)
		}
	}}
}

// send fills e and closes it, and checks that everything is delivered.
func send(t *testing.T, e pushed, rounds int) {
	t.Helper()
	for range rounds {
		e.fill(t)
		if err := e.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if l := e.Ledger(); l.Check() != nil || l.Delivered != int64(100*rounds) {
		t.Errorf("ledger: %v", l)
	}
}

// series returns the fields of the series send of s, without those of its encoder.
func series(s monkit.StatSource) map[string]float64 {
	all := make(map[string]float64)
	s.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if key.Measurement == "send" && field != "name_collisions" {
			if reason := key.Tags.Get("reason"); reason != "" {
				field += " by " + reason
			}
			all[field] = val
		}
	})
	return all
}

func names(m map[string]float64) (all []string) {
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// A format that wraps a transport must not hide what that counts.
func TestFormatsHaveAllFieldsOfTheirTransport(t *testing.T) {
	for _, tt := range []struct {
		transport string
		fields    []string // some of the transport
		formats   []format
	}{
		{"http", []string{"requests", "reconnects", "dns_changes", "lookup_errors", "gzip_refusals"}, httpFormats},
		{"tcp", []string{"reconnects", "dns_changes", "lookup_errors"}, []format{
			{"graphite", "", func(t *testing.T, addr string) pushed { return ofReporter(graphite.Open(addr, graphite.Options{}))(t) }},
			{"pickle", "", func(t *testing.T, addr string) pushed { return ofReporter(pickle.Open(addr, graphite.Options{}))(t) }},
		}},
	} {
		var first []string
		for _, f := range tt.formats {
			e := f.open(t, tt.transport+"://127.0.0.1:1"+f.suffix)
			got := names(series(e))
			if err := e.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) {
				t.Errorf("%s over %s has the fields %v\nwant those of %s: %v", f.name, tt.transport, got, tt.formats[0].name, first)
			}
			for _, want := range tt.fields {
				if !slices.Contains(got, want) {
					t.Errorf("%s over %s has no field %s", f.name, tt.transport, want)
				}
			}
		}
	}
}

func TestFormatsCountRequestsAndRefusalsOfGzip(t *testing.T) {
	for _, f := range httpFormats {
		sink := faultsink.NewHTTP(t, faultsink.NoGzip(faultsink.OK(), 415, ""))
		e := f.open(t, "http://"+sink.Addr()+f.suffix)
		send(t, e, 2)
		if got := series(e); got["requests"] != 3 || sink.Visits() != 3 || got["gzip_refusals"] != 1 || got["reconnects"] != 0 {
			t.Errorf("%s: %d requests arrived, and the series is %v", f.name, sink.Visits(), got)
		}
	}
}

// A request is what a secureServer records of one.
type request struct{ query, encoding, authorization, serverName, client string }

// secureServer is a server of http or https that wants a client's certificate.
type secureServer struct {
	*httptest.Server
	got chan request
}

func newSecureServer(t *testing.T, scheme string) *secureServer {
	t.Helper()
	s := &secureServer{got: make(chan request, 10)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		query := r.URL.Query()
		query.Del("db") // of InfluxDB, as precision is
		query.Del("precision")
		got := request{query: query.Encode(), encoding: r.Header.Get("Content-Encoding"), authorization: r.Header.Get("Authorization")}
		if r.TLS != nil {
			got.serverName, got.client = r.TLS.ServerName, fmt.Sprint(len(r.TLS.PeerCertificates))
		}
		s.got <- got
	}))
	if scheme == "https" {
		s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// write writes the certificate of a server, its key, and a token to dir.
func write(t *testing.T, dir string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, text := range map[string][]byte{
		"ca": cert, "cert": cert, "token": []byte(" secret\n"),
		"key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFormatsTakeTheOptionsOfTheirTransport(t *testing.T) {
	dir := t.TempDir()
	write(t, dir)
	for _, tt := range []struct {
		scheme, options string // @ is the folder
		want            request
	}{
		{"http", "", request{encoding: "gzip"}},
		{"http", "gzip=on", request{encoding: "gzip"}},
		{"http", "gzip=off", request{}},
		{"http", "gzip=off&tenant=a", request{query: "tenant=a"}},
		{"http", "tokenfile=@token", request{encoding: "gzip", authorization: "Bearer secret"}},
		{"https", "ca=@ca", request{encoding: "gzip", client: "0"}},
		{"https", "ca=@ca&cert=@cert&key=@key", request{encoding: "gzip", client: "1"}},
		{"https", "ca=@ca&servername=example.com", request{encoding: "gzip", client: "0", serverName: "example.com"}},
		{"https", "ca=@ca&gzip=off&tokenfile=@token", request{authorization: "Bearer secret", client: "0"}},
	} {
		for _, f := range httpFormats {
			s := newSecureServer(t, tt.scheme)
			addr := s.URL + f.suffix + strings.ReplaceAll(tt.options, "@", dir+string(filepath.Separator))
			send(t, f.open(t, addr), 1)
			got := <-s.got
			if strings.HasPrefix(got.authorization, "Token ") { // InfluxDB's word
				got.authorization = "Bearer" + strings.TrimPrefix(got.authorization, "Token")
			}
			if got != tt.want {
				t.Errorf("%s with %s %q: the server got %+v, want %+v", f.name, tt.scheme, tt.options, got, tt.want)
			}
		}
	}
}

func TestFormatsRejectWrongOptions(t *testing.T) {
	dir := t.TempDir()
	for options, want := range map[string]string{
		"gzip=1":                 "gzip=1 is not known; write gzip=on or gzip=off",
		"gzip=on&gzip=off":       "write it once",
		"tokenfile=":             "write tokenfile=FILE",
		"tokenfile=" + dir:       "is a folder",
		"ca=" + dir:              "is a folder",
		"cert=" + dir + "/c.pem": "key",
	} {
		for _, f := range httpFormats {
			if err := openError(f.name, "https://h"+f.suffix+options); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s with %q: %v, want %q", f.name, options, err, want)
			}
		}
	}
}

// openError returns the error of a format for addr.
func openError(format, addr string) (err error) {
	switch format {
	case "influx":
		_, err = influx.Open(addr, influx.Options{})
	case "otlp":
		_, err = otlp.Open(addr, otlp.Options{})
	default:
		e := zipkin.NewWith(addr, zipkin.Options{Registry: monkit.NewRegistry()})
		err = e.Flush(context.Background())
		e.Close(context.Background())
	}
	return err
}
