package listen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cuts returns text in two pieces, cut at every byte, and in single bytes.
func cuts(text string) [][]string {
	all := [][]string{strings.Split(text, "")}
	for i := range len(text) + 1 {
		all = append(all, []string{text[:i], text[i:]})
	}
	return all
}

func TestSplitter(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		tooLong, rest  int64
	}{
		{"lines", "a 1\nb 2\n", "a 1\nb 2\n", 0, 0},
		{"a tail is no line", "a 1\nb 2", "a 1\n", 0, 1},
		{"empty lines pass", "\n\r\na\n\n", "\n\r\na\n\n", 0, 0},
		{"ten bytes are not too long", "0123456789\n", "0123456789\n", 0, 0},
		{"a long line is skipped", "a\n0123456789X\nb\n", "a\nb\n", 1, 0},
		{"the neighbours of two long lines live", "a\n0123456789X\nb\n0123456789XYZ\nc\n", "a\nb\nc\n", 2, 0},
		{"a long line without end", "a\n0123456789XYZ", "a\n", 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pieces := range cuts(tt.in) {
				s := splitter{max: 10}
				var got strings.Builder
				var tooLong int64
				for _, p := range pieces {
					lines, n := s.add([]byte(p))
					got.Write(lines)
					tooLong += n
				}
				if got.String() != tt.want || tooLong != tt.tooLong || s.rest() != tt.rest {
					t.Errorf("%q: got %q, %d too long, rest %d", pieces, got.String(), tooLong, s.rest())
				}
			}
		})
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a 1\n0123456789X\nb 2\n"), 5)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		cut = max(0, min(cut, len(text)))
		s := splitter{max: 10}
		var taken, refused int64
		all := countLines(text)
		for _, p := range [][]byte{text[:cut], text[cut:]} {
			lines, tooLong := s.add(p)
			taken, refused = taken+countLines(lines), refused+tooLong
		}
		if taken+refused+s.rest() != all {
			t.Errorf("%q cut at %d: %d taken, %d refused, %d left of %d lines", text, cut, taken, refused, s.rest(), all)
		}
	})
}

func TestStreams(t *testing.T) {
	r := listen(t, "tcp://127.0.0.1:0", Options{MaxLine: 100})
	conn := r.dial(t)
	write(t, conn, "a 1\n"+strings.Repeat("x", 200)+"\nb 2\ncut")
	conn.Close()
	waitFor(t, "taking", func() bool { return r.got() == "a 1\nb 2\n" && r.stat("connections") == 0 })
	r.stop(t)
	if in := r.Intake(); in.Rejected["too_long"] != 1 || in.Rejected["truncated_tail"] != 1 {
		t.Errorf("intake is %+v", in)
	}
}

func TestAStreamWaitsForTheRing(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{RingBytes: 1000})
	r.block = make(chan struct{})
	r.start(t)
	conn := r.dial(t)
	const lines = 20_000
	sent := make(chan error, 1)
	go func() {
		for n := range lines {
			if _, err := fmt.Fprintf(conn, "line.%d 1\n", n); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	waitFor(t, "a full ring", func() bool { return r.stat("ring_bytes") > 0 })
	close(r.block)
	if err := <-sent; err != nil {
		t.Error(err)
	}
	waitFor(t, "taking", func() bool { return strings.Count(r.got(), "\n") == lines })
	r.stop(t)
	if in := r.Intake(); in.Received != 0 {
		t.Errorf("refused %+v", in)
	}
}

func TestAStreamThatConnectedBeforeTheEndIsServed(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{})
	for range 10 {
		conn := r.dial(t)
		write(t, conn, "a 1\n")
		conn.Close()
	}
	r.start(t)
	r.stop(t) // at once
	if n := strings.Count(r.got(), "\n"); n != 10 {
		t.Errorf("took %d of 10 lines", n)
	}
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	r := listen(t, "tcp://127.0.0.1:0", Options{MaxConns: 1})
	first := r.dial(t)
	waitFor(t, "the first", func() bool { return r.stat("connections") == 1 })
	second := r.dial(t)
	second.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := second.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the second read %d, %v", n, err)
	}
	write(t, first, "a 1\n")
	waitFor(t, "taking", func() bool { return r.got() == "a 1\n" })
	r.stop(t)
	if n := r.stat("connections_refused"); n != 1 {
		t.Errorf("counted %v", n)
	}
}

func TestAnIdleStreamIsClosed(t *testing.T) {
	r := listen(t, "tcp://127.0.0.1:0?idle=20ms", Options{})
	conn := r.dial(t)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("read %d, %v", n, err)
	}
	r.stop(t)
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t)
	r := listen(t, "tls://127.0.0.1:0?cert="+cert+"&key="+key, Options{})
	pool := x509.NewCertPool()
	text, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	write(t, conn, "a 1\n")
	write(t, r.dial(t), "this is no TLS\n")
	waitFor(t, "taking", func() bool { return r.got() == "a 1\n" })
	r.stop(t)
}

// certificate makes a certificate for 127.0.0.1 and its key.
func certificate(t *testing.T) (cert, key string) {
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
	put := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return put("cert.pem", "CERTIFICATE", der), put("key.pem", "PRIVATE KEY", pkcs8)
}
