package listen

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Each way in which a handshake fails has its reason, and one record a minute.
func TestFailedHandshakesAreCountedByReason(t *testing.T) {
	server := newIdentity(t)
	for _, tt := range []struct {
		name   string
		client func(t *testing.T, r *running)
		reason string
		log    string
	}{
		{"plain text", func(t *testing.T, r *running) { write(t, r.dial(t), "a.b 1 1700000000\n") }, "plain_on_tls_port", "speaks no TLS"},
		{"the end of the connection", func(t *testing.T, r *running) { r.dial(t).Close() }, "handshake_failed", "a TLS handshake failed"},
		{"a client that does not trust the certificate", func(t *testing.T, r *running) {
			if conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{}); err == nil {
				conn.Close()
			}
		}, "handshake_failed", "bad certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log syncBuffer
			r := listen(t, server.addr(), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			for n := range 3 {
				tt.client(t, r)
				waitFor(t, "a failed handshake", func() bool { return r.RejectedConns().Sum() == int64(n+1) })
			}
			if got, want := r.RejectedConns().String(), tt.reason+"=3"; got != want {
				t.Errorf("closed connections are %q, want %q", got, want)
			}
			if in := r.stop(t); in.Received != 0 {
				t.Errorf("counts are %v", in)
			}
			if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), tt.log) || !strings.Contains(log.String(), "peer=127.0.0.1:") {
				t.Errorf("%d records, want 1 with %q:\n%s", n, tt.log, log.String())
			}
		})
	}
}

// A client of HTTP that does not speak TLS is answered in the protocol that it has.
func TestHTTPOnATLSPortIsAnswered(t *testing.T) {
	r := listen(t, newIdentity(t).addr(), Options{})
	conn := r.dial(t)
	write(t, conn, "DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n")
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), "over TLS") {
		t.Errorf("answered %q, %v", answer, err)
	}
	if in := r.stop(t); in.Received != 0 || r.RejectedConns().String() != "plain_on_tls_port=1" {
		t.Errorf("counts are %v, closed %v", in, r.RejectedConns())
	}
}

// A handshake has ten seconds in all: bytes that trickle do not extend them.
func TestSlowHandshakeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{})
		l.tls = &tls.Config{}
		here, there := net.Pipe()
		go func() {
			hello := "\x16\x03\x01\x02\x00" + strings.Repeat("\x00", 100)
			for n := range len(hello) {
				if _, err := there.Write([]byte(hello[n : n+1])); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		began := time.Now()
		l.serveConn(t.Context(), here)
		if d := time.Since(began); d != handshakeTime || l.RejectedConns().String() != "handshake_timeout=1" || l.handshakes.size() != 0 {
			t.Errorf("it ended after %v, closed %v", d, l.RejectedConns())
		}
		time.Sleep(time.Minute) // until the client has ended
	})
}

// A byte a second within TLS does not hold a connection.
func TestSlowStreamOfTLSIsClosed(t *testing.T) {
	id := newIdentity(t)
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{Idle: 10 * time.Second})
		l.tls = &tls.Config{Certificates: []tls.Certificate{id.pair}}
		here, there := net.Pipe()
		client := tls.Client(there, &tls.Config{RootCAs: id.pool, ServerName: "127.0.0.1", Time: certificateTime(id)})
		go func() {
			for {
				if _, err := client.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		go io.Copy(io.Discard, client)
		began := time.Now()
		l.serveConn(t.Context(), here)
		there.Close()
		if d := time.Since(began); d != 10*time.Second || l.RejectedConns().String() != "slow=1" || l.streams.size() != 0 {
			t.Errorf("it ended after %v, closed %v", d, l.RejectedConns())
		}
		if in := l.Ledger(); in.Received != 1 || in.Rejected.Sum() != 1 {
			t.Errorf("counts are %v", in)
		}
		time.Sleep(time.Minute) // until the client has ended
	})
}
