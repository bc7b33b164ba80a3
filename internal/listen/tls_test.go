package listen

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/endpoint"
)

// identity is a self-signed certificate for 127.0.0.1, and its key.
type identity struct {
	cert, key string // files
	pool      *x509.CertPool
	pair      tls.Certificate
}

func newIdentity(t *testing.T) identity {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	id := identity{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), pool: x509.NewCertPool()}
	writePEM(t, id.cert, "CERTIFICATE", der)
	writePEM(t, id.key, "PRIVATE KEY", pkcs8)
	if id.pair, err = tls.LoadX509KeyPair(id.cert, id.key); err != nil {
		t.Fatal(err)
	}
	id.pool.AddCert(id.pair.Leaf)
	return id
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (id identity) addr() string { return "tls://127.0.0.1:0?cert=" + id.cert + "&key=" + id.key }

func dialTLS(t *testing.T, r *running, conf *tls.Config) net.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", r.Addr().String(), conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestOnlyClientsWithTheRightCertificateAreServed(t *testing.T) {
	server, client, stranger := newIdentity(t), newIdentity(t), newIdentity(t)
	with := func(certs ...tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: server.pool, Certificates: certs}
	}
	for _, tt := range []struct {
		name, options string
		conf          *tls.Config
		ok            bool
	}{
		{"no certificate, none required", "", with(), true},
		{"a certificate, none required", "", with(stranger.pair), true},
		{"the required certificate", "&ca=" + client.cert, with(client.pair), true},
		{"no certificate where one is required", "&ca=" + client.cert, with(), false},
		{"another certificate than the required one", "&ca=" + client.cert, with(stranger.pair), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := listen(t, server.addr()+tt.options, Options{})
			conn := dialTLS(t, r, tt.conf) // succeeds before the server checks the certificate
			if !tt.ok {
				waitFor(t, "a failed handshake", func() bool { return r.RejectedConns().String() == "client_certificate=1" })
				r.stop(t)
				return
			}
			write(t, conn, "a 1\n")
			r.waitForText(t, "a 1\n")
			for range 100 {
				write(t, conn, "b 2\n")
			}
			r.end() // at once
			if in := r.stop(t); in.Accepted != 101 {
				t.Errorf("counts are %+v", in)
			}
		})
	}
}

func TestConnectionWithoutTLSIsClosed(t *testing.T) {
	r := listen(t, newIdentity(t).addr(), Options{})
	write(t, r.dial(t), "a 1 1700000000\n")
	waitFor(t, "a failed handshake", func() bool { return r.RejectedConns().Sum() == 1 })
	r.dial(t) // sends nothing: the end of Run does not wait for it
	waitFor(t, "a handshake", func() bool { return r.stat("handshakes") == 1 })
	if in := r.stop(t); in.Received != 0 {
		t.Errorf("counts are %+v", in)
	}
	if closed := r.RejectedConns().String(); closed != "handshake_timeout=1,plain_on_tls_port=1" {
		t.Errorf("closed connections are %q", closed)
	}
}

func TestSilentClientFailsTheHandshake(t *testing.T) {
	for _, tt := range []struct {
		name     string
		end      time.Duration // of ctx; zero means never
		failedIn time.Duration
	}{
		{"in the end", 0, 10 * time.Second},
		{"a second after Run ends", 3 * time.Second, 4 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.end > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.end)
					defer cancel()
				}
				l := newUnbound(Options{})
				l.tls = &tls.Config{}
				here, _ := net.Pipe()
				began := time.Now()
				l.serveConn(ctx, here)
				if d, closed := time.Since(began), l.RejectedConns().String(); d != tt.failedIn || closed != "handshake_timeout=1" {
					t.Errorf("the stream ended after %v, counted as %q, want %v", d, closed, tt.failedIn)
				}
			})
		})
	}
}

// A deadline that stays would break the writes of a TLS connection, such as
// answers to key updates.
func TestHandshakeLeavesNoDeadline(t *testing.T) {
	id := newIdentity(t)
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		server := tls.Server(here, &tls.Config{Certificates: []tls.Certificate{id.pair}})
		client := tls.Client(there, &tls.Config{RootCAs: id.pool, ServerName: "127.0.0.1", Time: certificateTime(id)})
		read := make(chan error)
		go func() {
			_, err := client.Read(make([]byte, 1))
			read <- err
		}()
		if err := handshake(t.Context(), server); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * handshakeTime)
		if _, err := server.Write([]byte("x")); err != nil {
			t.Errorf("Write() = %v", err)
		}
		if err := <-read; err != nil {
			t.Errorf("Read() = %v", err)
		}
	})
}

// certificateTime returns a clock at which id is valid; that of synctest may
// be before it.
func certificateTime(id identity) func() time.Time {
	return func() time.Time { return id.pair.Leaf.NotBefore.Add(time.Second) }
}

func TestTLSVersionsBefore12AreRefused(t *testing.T) {
	id := newIdentity(t)
	for _, tt := range []struct {
		name    string
		version uint16
		ok      bool
	}{
		{"1.1", tls.VersionTLS11, false},
		{"1.2", tls.VersionTLS12, true},
		{"1.3", tls.VersionTLS13, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := listen(t, id.addr(), Options{})
			conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{RootCAs: id.pool, MinVersion: tt.version, MaxVersion: tt.version})
			if (err == nil) != tt.ok {
				t.Errorf("Dial() = %v", err)
			}
			if err == nil {
				conn.Close()
			}
			r.stop(t)
		})
	}
}

func TestTLSOptionsThatCanNeverBeRightAreErrors(t *testing.T) {
	id, dir := newIdentity(t), t.TempDir()
	for _, tt := range []struct{ name, addr, want string }{
		{"no key", "tls://127.0.0.1:0?cert=" + id.cert, "cert=FILE&key=FILE"},
		{"no certificate", "tls://127.0.0.1:0?key=" + id.key, "cert=FILE&key=FILE"},
		{"ca without a value", id.addr() + "&ca=", "ca=FILE"},
		{"cert is a folder", "tls://127.0.0.1:0?key=" + id.key + "&cert=" + dir, "option cert: " + dir + " is a folder"},
		{"key is a folder", "tls://127.0.0.1:0?cert=" + id.cert + "&key=" + dir, "option key: " + dir + " is a folder"},
		{"ca is a folder", id.addr() + "&ca=" + dir, "option ca: " + dir + " is a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ep, err := endpoint.Parse(tt.addr, addresses)
			if err != nil {
				t.Fatal(err)
			}
			if l, err := Open(ep, Options{}); l != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open() = %v, %v, want %q", l, err, tt.want)
			}
		})
	}
}

// copyFile replaces the file to, so that no reader sees a part.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(to+".new", to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Certificates are replaced while the listener runs, and may be written after
// it starts. Handshakes fail while a file is wrong, and the listener goes on.
func TestCertificateFilesAreReadByEachHandshake(t *testing.T) {
	one, two, client, other := newIdentity(t), newIdentity(t), newIdentity(t), newIdentity(t)
	dir := t.TempDir()
	cert, key, ca := filepath.Join(dir, "cert"), filepath.Join(dir, "key"), filepath.Join(dir, "ca")
	var log syncBuffer
	r := listen(t, "tls://127.0.0.1:0?cert="+cert+"&key="+key+"&ca="+ca, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if !strings.Contains(log.String(), "option cert: ") {
		t.Errorf("the missing file is not logged: %s", log.String())
	}
	use := func(id, client identity) {
		copyFile(t, id.cert, cert)
		copyFile(t, id.key, key)
		copyFile(t, client.cert, ca)
	}
	sessions := map[string]tls.ClientSessionCache{client.cert: tls.NewLRUClientSessionCache(10), other.cert: tls.NewLRUClientSessionCache(10)}
	served, failed := 0, 0
	for _, step := range []struct {
		name        string
		change      func()
		server      identity
		client      identity
		ok, resumes bool
	}{
		{"no files yet", func() {}, one, client, false, false},
		{"all files", func() { use(one, client) }, one, client, true, false},
		{"the same, with a session ticket", func() {}, one, client, true, true},
		{"cert is half-written", func() { os.Truncate(cert, 100) }, one, client, false, false},
		{"cert is replaced before its key", func() { use(one, client); copyFile(t, two.cert, cert) }, two, client, false, false},
		{"key follows", func() { copyFile(t, two.key, key) }, two, client, true, false},
		{"ca is empty", func() { os.Truncate(ca, 0) }, two, client, false, false},
		{"ca is another", func() { use(two, other) }, two, other, true, false},
		{"the client of the former ca, with its session ticket", func() {}, two, client, false, false},
		{"key is missing", func() { os.Remove(key) }, two, other, false, false},
		{"all is right again", func() { use(one, client) }, one, client, true, false},
	} {
		step.change()
		conf := &tls.Config{RootCAs: step.server.pool, Certificates: []tls.Certificate{step.client.pair}, ClientSessionCache: sessions[step.client.cert]}
		conn, err := tls.Dial("tcp", r.Addr().String(), conf)
		if err == nil {
			conn.Write([]byte("a 1\n"))
			if step.resumes != conn.ConnectionState().DidResume {
				t.Errorf("%s: the session was resumed: %v", step.name, !step.resumes)
			}
		}
		if step.ok {
			served++
			waitFor(t, step.name+": a line", func() bool { return strings.Count(r.got(), "a 1\n") == served })
			conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			conn.Read(make([]byte, 1)) // takes the session ticket
		} else {
			failed++
			waitFor(t, step.name+": a failed handshake", func() bool { return r.RejectedConns().Sum() == int64(failed) })
		}
		if err == nil {
			conn.Close()
		}
	}
	if n := strings.Count(log.String(), "handshakes fail"); n != 1 {
		t.Errorf("%d records in less than a minute:\n%s", n, log.String())
	}
	if in := r.stop(t); in.Accepted != int64(served) {
		t.Errorf("counts are %+v, want %d lines", in, served)
	}
}

func TestCertificateFilesAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log syncBuffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		f := &tlsFiles{cert: filepath.Join(t.TempDir(), "missing"), key: "missing"}
		for range 150 { // seconds
			_, err := f.config()
			f.explain(logger, "l", err)
			f.explain(logger, "l", errors.New("of a client"))
			time.Sleep(time.Second)
		}
		if n := strings.Count(log.String(), "\n"); n != 3 || strings.Contains(log.String(), "of a client") {
			t.Errorf("%d records in 150 s:\n%s", n, log.String())
		}
	})
}

func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	id := newIdentity(t)
	f := &tlsFiles{cert: id.cert, key: id.key}
	first, err := f.config()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := f.config(); err != nil || again != first {
		t.Errorf("config makes another configuration of the same files: %v", err)
	}
	now := time.Now().Add(time.Hour)
	if err := os.Chtimes(id.key, now, now); err != nil {
		t.Fatal(err)
	}
	if again, err := f.config(); err != nil || again == first {
		t.Errorf("config does not read files that were written to: %v", err)
	}
}

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf strings.Builder // guarded by mu
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
