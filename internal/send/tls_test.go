package send

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/faultsink"
)

// testCertificate returns a certificate for 127.0.0.1 and example.com, and a
// configuration that trusts it.
func testCertificate() (tls.Certificate, *tls.Config) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	return srv.TLS.Certificates[0], srv.Client().Transport.(*http.Transport).TLSClientConfig
}

// writePEM writes a certificate and its key to files.
func writePEM(t *testing.T, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})),
		writeFile(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func writeFile(t *testing.T, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTLS(t *testing.T) {
	cert, config := testCertificate()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	sink := faultsink.Serve(t, l)
	s := New(open(t, "tls://"+sink.Addr(), DialOptions{TLS: config}), fast)
	want := sendNumbered(t, s, 100, 50)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := sink.WaitLines(len(want)); !slices.Equal(got, want) {
		t.Errorf("%d lines arrived, %d were sent", len(got), len(want))
	}
	checkLedger(t, s, "accepted=5000 delivered=5000 dropped=0 pending=0")

	s = New(open(t, "tls://"+sink.Addr(), DialOptions{}), fast)
	mustSend(t, s, "a 1\n", 1)
	waitFailing(s)
	if err := s.Close(within(t, 0)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("the error for an unknown certificate is %v", err)
	}
	checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
}

func TestTLSOptionsOfAnAddress(t *testing.T) {
	c, _ := testCertificate()
	cert, key := writePEM(t, c)
	names := make(chan string, 1)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{c},
		ClientAuth:   tls.RequireAnyClientCert,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			select {
			case names <- hello.ServerName:
			default:
			}
			return nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	sink := faultsink.Serve(t, l)
	options := url.Values{"ca": {cert}, "cert": {cert}, "key": {key}, "servername": {"example.com"}}
	s := New(open(t, "tls://"+sink.Addr()+"?"+options.Encode(), DialOptions{}), fast)
	mustSend(t, s, "a 1\n", 1)
	if err := s.Close(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	sink.WaitLines(1)
	if name := <-names; name != "example.com" {
		t.Errorf("the server was asked for the certificate of %q", name)
	}
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}

func TestTLSConfigKeepsWhatTheCallerSet(t *testing.T) {
	ep := endpoint.Endpoint{Transport: endpoint.TLS, Address: "h:1"}
	for _, tt := range []struct{ min, want uint16 }{{0, tls.VersionTLS12}, {tls.VersionTLS13, tls.VersionTLS13}} {
		base := &tls.Config{MinVersion: tt.min}
		c := tlsConfig(ep, base, tlsFiles{})
		if c.MinVersion != tt.want || c.ServerName != "h" {
			t.Errorf("version %x, server name %q, want version %x", c.MinVersion, c.ServerName, tt.want)
		}
		if base.MinVersion != tt.min || base.ServerName != "" {
			t.Errorf("the caller's configuration was changed: version %x, server name %q", base.MinVersion, base.ServerName)
		}
	}
	if c := tlsConfig(ep, &tls.Config{ServerName: "other"}, tlsFiles{}); c.ServerName != "other" {
		t.Errorf("server name %q, want that of the caller", c.ServerName)
	}
}

// endpoints returns one endpoint for each transport with TLS.
func endpoints(addr string, options url.Values) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		{Transport: endpoint.TLS, Address: addr, Options: options},
		{Transport: endpoint.HTTPS, Address: addr, URL: &url.URL{Scheme: "https", Host: addr, Path: "/"}, Options: options},
	}
}

func TestTLSOptionsThatCanNeverBeRightAreErrorsOfOpen(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for _, tt := range []struct {
		name    string
		options url.Values
		want    string // in the error
	}{
		{"files may come later", url.Values{"ca": {missing}, "cert": {missing}, "key": {missing}}, ""},
		{"cert without key", url.Values{"cert": {missing}}, "options cert and key: one is missing"},
		{"key without cert", url.Values{"key": {missing}}, "options cert and key: one is missing"},
		{"ca without value", url.Values{"ca": {""}}, "option ca has no value; write ca=FILE"},
		{"ca is a folder", url.Values{"ca": {t.TempDir()}}, "is a folder"},
		{"cert is a folder", url.Values{"cert": {t.TempDir()}, "key": {missing}}, "option cert: "},
		{"key is a folder", url.Values{"cert": {missing}, "key": {t.TempDir()}}, "option key: "},
	} {
		for _, ep := range endpoints("h:1", tt.options) {
			t.Run(ep.Transport+", "+tt.name, func(t *testing.T) {
				tr, err := Open(ep, DialOptions{})
				if tt.want == "" {
					if err != nil {
						t.Fatal(err)
					}
					tr.Close()
				} else if tr != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Open returns %v, %v, want an error with %q", tr, err, tt.want)
				}
			})
		}
	}
}
