package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/internal/endpoint"
)

func TestHostIsTheAuthorityAsWritten(t *testing.T) {
	for _, tt := range []struct {
		addr string
		d    endpoint.Default
		want string
		dial string
	}{
		{"http://h.example/write", endpoint.Default{}, "h.example", "h.example:80"},
		{"http://h.example:80/write", endpoint.Default{}, "h.example:80", "h.example:80"},
		{"http://h.example:8086/write", endpoint.Default{}, "h.example:8086", "h.example:8086"},
		{"http://user:pw@h.example/write", endpoint.Default{}, "h.example", "h.example:80"},
		{"http://[::1]/write", endpoint.Default{}, "[::1]", "[::1]:80"},
		{"http://[::1]:80/write", endpoint.Default{}, "[::1]:80", "[::1]:80"},
		{"http://[fe80::1%25eth0]:81/write", endpoint.Default{}, "[fe80::1]:81", "[fe80::1%eth0]:81"},
		{"http://[fe80::1%25eth0]/write", endpoint.Default{}, "[fe80::1]", "[fe80::1%eth0]:80"},
		{"h.example", endpoint.Default{Transport: endpoint.HTTP, HTTPPort: "8086"}, "h.example:8086", "h.example:8086"},
		{"https://h.example/write", endpoint.Default{}, "h.example", "h.example:443"},
		{"https://h.example:443/write", endpoint.Default{}, "h.example:443", "h.example:443"},
		{"https://[::1]/write", endpoint.Default{}, "[::1]", "[::1]:443"},
		{"https://[fe80::1%25eth0]/write", endpoint.Default{}, "[fe80::1]", "[fe80::1%eth0]:443"},
		{"https://[::1]:8443/write", endpoint.Default{}, "[::1]:8443", "[::1]:8443"},
	} {
		for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
			ep, err := endpoint.Parse(tt.addr, tt.d)
			if err != nil {
				t.Fatal(err)
			}
			if proto == "HTTP/2.0" && ep.Transport != endpoint.HTTPS {
				continue
			}
			var host, seen, dialed string
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { host, seen = r.Host, r.Proto }))
			srv.EnableHTTP2 = proto == "HTTP/2.0"
			if ep.Transport == endpoint.HTTPS {
				srv.StartTLS()
			} else {
				srv.Start()
			}
			m, err := OpenHTTP(ep, DialOptions{})
			if err != nil {
				t.Fatal(err)
			}
			tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
			tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				dialed = addr
				return new(net.Dialer).DialContext(ctx, "tcp", srv.Listener.Addr().String())
			}
			m.(*httpTransport).client.Transport = tr
			if err := m.Deliver(t.Context(), []byte("a 1\n")); err != nil {
				t.Error(err)
			}
			m.Close()
			tr.CloseIdleConnections()
			srv.Close()
			if host != tt.want || seen != proto || dialed != tt.dial {
				t.Errorf("%s: Host %q by %s to %s, want %q by %s to %s", tt.addr, host, seen, dialed, tt.want, proto, tt.dial)
			}
		}
	}
}

// net/http asks for a second body if it chose a connection that the server had
// closed, and needs a length to send no chunks.
func TestBodyHasItsLengthAndCanBeSentAgain(t *testing.T) {
	for _, tt := range []struct {
		lines   int
		gzipped bool
	}{{1, false}, {1000, true}} {
		tr := open(t, "http://h/", DialOptions{Gzip: true}).(*httpTransport)
		tr.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
			defer req.Body.Close()
			first, err := io.ReadAll(req.Body)
			if err != nil || int64(len(first)) != req.ContentLength || (req.Header.Get("Content-Encoding") == "gzip") != tt.gzipped {
				t.Errorf("%d lines: %v, %d bytes of %d, %v", tt.lines, err, len(first), req.ContentLength, req.Header)
			}
			again, err := req.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if second, err := io.ReadAll(again); err != nil || !bytes.Equal(first, second) {
				t.Errorf("%d lines: the second body differs: %v", tt.lines, err)
			}
			return &http.Response{StatusCode: 204, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
		})
		if err := tr.Deliver(t.Context(), numbered(0, tt.lines)); err != nil {
			t.Error(err)
		}
	}
}
