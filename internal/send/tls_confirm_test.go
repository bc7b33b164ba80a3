package send

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
)

// refusingServer accepts handshakes of one version and requires a certificate
// that no client has.
func refusingServer(t *testing.T, version uint16) (sink *faultsink.Sink, client *tls.Config) {
	t.Helper()
	server, stranger := newIdentity(t), newIdentity(t)
	accepted := x509.NewCertPool()
	accepted.AddCert(newIdentity(t).Leaf)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{server}, MinVersion: version, MaxVersion: version,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: accepted,
	})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Leaf)
	return faultsink.Serve(t, l), &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{stranger}}
}

// In TLS 1.3 the handshake of the client succeeds before the server looks at
// its certificate. The server's system acknowledges what is written then, but
// the server reads nothing of it.
func TestRefusedClientCertificateLeavesEverythingUnacknowledged(t *testing.T) {
	sink, client := refusingServer(t, tls.VersionTLS13)
	tr := open(t, "tls://"+sink.Addr(), DialOptions{TLS: client}).(*streamTransport)
	defer tr.Close()
	written := 0
	for range 20 {
		n, err := tr.Write(t.Context(), []byte("a 1\n"))
		written += n
		if err != nil {
			break
		}
		if n, err := tr.Unacked(); n != written {
			t.Fatalf("%d of %d bytes are unacknowledged, %v", n, written, err)
		}
	}
	for {
		n, err := tr.Unacked()
		if n != written {
			t.Fatalf("%d of %d bytes are unacknowledged, %v", n, written, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), "tls:") {
				t.Errorf("the error does not name the alert: %v", err)
			}
			break
		}
		time.Sleep(minPoll)
	}
	if n := tr.Reset(); n != written {
		t.Errorf("Reset returns %d, want %d", n, written)
	}
	if len(sink.Lines()) > 0 {
		t.Errorf("the server read %q", sink.Lines())
	}
}

func TestNoLineIsDeliveredToAServerThatRefusesTheClient(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			sink, client := refusingServer(t, version)
			s := New(open(t, "tls://"+sink.Addr(), DialOptions{TLS: client}), fast)
			for i := range 50 {
				mustSend(t, s, string(numbered(i, 1)), 1)
				s.Flush(within(t, 5*time.Millisecond))
			}
			waitFailing(s)
			if err := s.Close(within(t, 0)); err == nil || !strings.Contains(err.Error(), "tls:") {
				t.Errorf("Close returns %v, which does not name the alert", err)
			}
			checkLedger(t, s, "accepted=50 delivered=0 dropped=50(closed=50) pending=0")
		})
	}
}

func TestFirstRecordOfATLS13ServerConfirmsTheClient(t *testing.T) {
	id := newIdentity(t)
	roots := x509.NewCertPool()
	roots.AddCert(id.Leaf)
	clock := func() time.Time { return id.Leaf.NotBefore.Add(time.Second) } // that of synctest may be before it
	for _, tt := range []struct {
		name      string
		version   uint16
		noTickets bool
		then      func(server net.Conn) // after the handshake
		at        time.Duration         // when the client is confirmed; negative is never
	}{
		{"ticket", tls.VersionTLS13, false, func(net.Conn) {}, 0},
		{"no ticket", tls.VersionTLS13, true, func(net.Conn) {}, time.Second},
		{"no ticket, but data", tls.VersionTLS13, true, func(c net.Conn) { time.Sleep(300 * time.Millisecond); io.WriteString(c, "hi") }, 300 * time.Millisecond},
		{"closed in order without a ticket", tls.VersionTLS13, true, func(c net.Conn) { c.Close() }, -1},
		{"TLS 1.2 without a ticket", tls.VersionTLS12, true, func(net.Conn) {}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := net.Pipe()
				server := tls.Server(there, &tls.Config{
					Certificates: []tls.Certificate{id}, MaxVersion: tt.version, SessionTicketsDisabled: tt.noTickets, Time: clock,
					ClientAuth: tls.RequireAnyClientCert,
				})
				served := make(chan struct{})
				go func() {
					defer close(served)
					if err := server.Handshake(); err != nil {
						t.Error(err)
					}
					go tt.then(server)
					io.Copy(io.Discard, server)
				}()
				c := newStreamConn(here, "pipe", nil, true, defaultLimits)
				conf := &tls.Config{RootCAs: roots, ServerName: "h.test", Certificates: []tls.Certificate{id}, Time: clock}
				if err := c.secure(t.Context(), conf); err != nil {
					t.Fatal(err)
				}
				c.start()
				start := time.Now()
				for synctest.Wait(); !c.isConfirmed() && time.Since(start) < time.Minute; synctest.Wait() {
					time.Sleep(10 * time.Millisecond)
				}
				if d := time.Since(start); c.isConfirmed() != (tt.at >= 0) || tt.at >= 0 && d != tt.at {
					t.Errorf("confirmed: %v after %v, want after %v", c.isConfirmed(), d, tt.at)
				}
				c.close()
				there.Close()
				<-served
			})
		})
	}
}

// Until the server has confirmed the client, nothing counts as acknowledged,
// whatever its kernel says.
func TestNothingIsAcknowledgedBeforeTheServerConfirms(t *testing.T) {
	id := newIdentity(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{id}, SessionTicketsDisabled: true})
	if err != nil {
		t.Fatal(err)
	}
	sink := faultsink.Serve(t, l)
	roots := x509.NewCertPool()
	roots.AddCert(id.Leaf)
	tr := open(t, "tls://"+sink.Addr(), DialOptions{TLS: &tls.Config{RootCAs: roots}}).(*streamTransport)
	defer tr.Close()
	start := time.Now()
	mustWrite(t, tr, "a 1\n")
	if d := time.Since(start); d < confirmTime {
		t.Errorf("the line was acknowledged after %v", d)
	}
	sink.WaitLines(1)
	mustWrite(t, tr, "b 1\n")
	sink.WaitLines(2)
}

func TestAlertVoidsWhatTheKernelAcknowledged(t *testing.T) {
	alert := &net.OpError{Op: "remote error", Err: tls.AlertError(48)}
	for _, written := range []int{4, 0} {
		tr, _, _ := pipeTransport(t)
		tr.conn.written = written
		tr.conn.fail(alert)
		n, err := tr.Unacked()
		if n != written || !errors.As(err, new(tls.AlertError)) {
			t.Errorf("Unacked returns %d, %v, want %d and the alert", n, err, written)
		}
		if n := tr.Reset(); n != written {
			t.Errorf("Reset returns %d, want %d", n, written)
		}
	}
}
