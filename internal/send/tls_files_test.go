package send

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
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
)

// newIdentity returns a new self-signed certificate for 127.0.0.1 and h.test.
func newIdentity(t *testing.T) tls.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"h.test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}
}

// rotatingServer is a server whose certificate, and the client's that it
// accepts, can be replaced. It records whose lines arrived.
type rotatingServer struct {
	addr string

	mu      sync.Mutex
	server  tls.Certificate // guarded by mu
	client  tls.Certificate // guarded by mu
	version uint16          // guarded by mu; zero is any
	lines   func() int
}

func (s *rotatingServer) set(server, client tls.Certificate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server, s.client = server, client
}

func (s *rotatingServer) config() *tls.Config {
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		pool := x509.NewCertPool()
		pool.AddCert(s.client.Leaf)
		return &tls.Config{
			Certificates: []tls.Certificate{s.server}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
			MaxVersion: s.version, NextProtos: []string{"http/1.1"},
		}, nil
	}}
}

// newRotatingServer returns a server for transport, which is tls or https.
func newRotatingServer(t *testing.T, transport string) *rotatingServer {
	t.Helper()
	s := &rotatingServer{}
	if transport == "tls" {
		l, err := tls.Listen("tcp", "127.0.0.1:0", s.config())
		if err != nil {
			t.Fatal(err)
		}
		sink := faultsink.Serve(t, l)
		s.addr, s.lines = sink.Addr(), func() int { return len(sink.Lines()) }
		return s
	}
	var mu sync.Mutex
	lines := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		lines++
		if r.URL.RawQuery != "" {
			t.Errorf("the server got the query %q", r.URL.RawQuery)
		}
	}))
	srv.Config.SetKeepAlivesEnabled(false)
	srv.Config.ErrorLog = nil
	l := tls.NewListener(srv.Listener, s.config())
	srv.Listener = l
	srv.Start()
	t.Cleanup(srv.Close)
	s.addr = l.Addr().String()
	s.lines = func() int { mu.Lock(); defer mu.Unlock(); return lines }
	return s
}

// files are those of the options ca, cert and key.
type files struct{ dir string }

func (f files) path(name string) string { return filepath.Join(f.dir, name+".pem") }

func (f files) options() url.Values {
	return url.Values{"ca": {f.path("ca")}, "cert": {f.path("cert")}, "key": {f.path("key")}}
}

// write replaces the files: ca by the server's certificate, and the others by
// the client's.
func (f files) write(t *testing.T, server, client tls.Certificate) {
	t.Helper()
	ca, _ := writePEM(t, server)
	cert, key := writePEM(t, client)
	for name, from := range map[string]string{"ca": ca, "cert": cert, "key": key} {
		if err := os.Rename(from, f.path(name)); err != nil {
			t.Fatal(err)
		}
	}
}

func (f files) truncate(t *testing.T, name string, size int64) {
	t.Helper()
	if err := os.Truncate(f.path(name), size); err != nil {
		t.Fatal(err)
	}
}

// Certificates are replaced while a program runs, and files may be written
// later than it starts.
func TestTLSFilesAreReadByEachHandshake(t *testing.T) {
	one, two := newIdentity(t), newIdentity(t)
	for _, transport := range []string{"tls", "https"} {
		t.Run(transport, func(t *testing.T) {
			server := newRotatingServer(t, transport)
			server.set(one, one)
			f := files{t.TempDir()}
			tr := open(t, transport+"://"+server.addr+"?"+f.options().Encode(), DialOptions{})
			defer tr.Close()
			for _, step := range []struct {
				name   string
				change func()
				want   string // in the error; "" is none
			}{
				{"no files yet", func() {}, "option ca: open "},
				{"all files", func() { f.write(t, one, one) }, ""},
				{"ca is empty", func() { f.truncate(t, "ca", 0) }, "holds no PEM certificate"},
				{"cert is half-written", func() { f.write(t, one, one); f.truncate(t, "cert", 100) }, "options cert and key: "},
				{"key is missing", func() { f.write(t, one, one); os.Remove(f.path("key")) }, "options cert and key: open "},
				{"cert is replaced before its key", func() {
					f.write(t, one, one)
					key, err := os.ReadFile(f.path("key"))
					f.write(t, one, two)
					if err != nil || os.WriteFile(f.path("key"), key, 0o600) != nil {
						t.Error(err)
					}
				}, "private key does not match"},
				{"the files are back", func() { f.write(t, one, one) }, ""},
				{"the server has another certificate", func() { server.set(two, one) }, "failed to verify certificate"},
				{"ca is replaced", func() { f.write(t, two, one) }, ""},
				{"the server accepts another certificate", func() { server.set(two, two); f.write(t, two, two) }, ""},
			} {
				step.change()
				before := server.lines()
				err := deliverOnce(t, tr)
				if step.want == "" && err != nil || step.want != "" && (err == nil || !strings.Contains(err.Error(), step.want)) {
					t.Errorf("%s: %v, want %q", step.name, err, step.want)
				}
				if step.want == "" {
					waitUntil(t, func() bool { return server.lines() == before+1 })
				} else if server.lines() != before {
					t.Errorf("%s: a line arrived", step.name)
				}
			}
		})
	}
}

// deliverOnce sends a line over a new connection. It returns an error if the
// peer does not have it.
func deliverOnce(t *testing.T, tr Transport) error {
	t.Helper()
	if m, ok := tr.(Messenger); ok {
		return m.Deliver(t.Context(), []byte("a 1\n"))
	}
	s := tr.(Stream)
	defer s.Reset()
	if n, err := s.Write(t.Context(), []byte("a 1\n")); n != 4 || err != nil {
		return fmt.Errorf("Write returns %d: %w", n, err)
	}
	for {
		if n, err := s.Unacked(); n == 0 || err != nil {
			return err
		}
		time.Sleep(minPoll)
	}
}

// waitUntil returns when cond holds, or fails the test.
func waitUntil(t *testing.T, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(minPoll) {
		if time.Now().After(end) {
			t.Fatal("the condition does not hold after 20 s")
		}
	}
}

// writeText replaces the file, so that no reader sees a part of text.
func writeText(file, text string) error {
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
