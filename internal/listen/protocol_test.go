package listen

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

// clientHello is the start of the first record that a TLS client sends.
const clientHello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

var longPath = strings.Repeat("p", 2000)

// The rows of lines are what other formats and mistakes look like: they stay lines,
// accepted or rejected one by one.
var protocols = []struct {
	name, text string
	want       protocol
	request    string
}{
	{"GET", "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n", httpProtocol, "GET /metrics"},
	{"POST", "POST /write?u=admin&p=secret HTTP/1.1\r\nAuthorization: Token secret\r\n\r\na,b=c d=1\na 1 1\n", httpProtocol, "POST /write"},
	{"HTTP/1.0", "HEAD / HTTP/1.0\n", httpProtocol, "HEAD /"},
	{"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", httpProtocol, "PRI"},
	{"a proxy's request", "GET http://user:secret@h/x HTTP/1.1\r\n", httpProtocol, "GET"},
	{"CONNECT", "CONNECT 10.0.0.1:443 HTTP/1.1\r\n", httpProtocol, "CONNECT"},
	{"OPTIONS", "OPTIONS * HTTP/1.1\r\n", httpProtocol, "OPTIONS"},
	{"an unknown method, which is a token", "M-SEARCH /x HTTP/1.1\r\n", httpProtocol, "M-SEARCH /x"},
	{"a lower-case method", "get /x HTTP/1.1\r\n", httpProtocol, "get /x"},
	{"a target with a space", "GET /a b HTTP/1.1\r\n", httpProtocol, "GET /a"},
	{"empty lines before the request", "\r\n\r\nGET / HTTP/1.1\r\n", httpProtocol, "GET /"},
	{"a request line that is longer than is looked at", "POST /" + longPath + " HTTP/1.1\r\nAuthorization: Token secret\r\n", httpProtocol, ("POST /" + longPath)[:maxExample]},
	{"a request line without an end", "GET /x?p=secret HTT", httpProtocol, "GET /x"},
	{"TLS", clientHello, tlsProtocol, ""},
	{"TLS with the version of SSL 3", "\x16\x03\x00\x00\x50", tlsProtocol, ""},

	{"nothing", "", linesProtocol, ""},
	{"empty lines", "\n\r\n", linesProtocol, ""},
	{"Graphite", "a.b 1 1700000000\n", linesProtocol, ""},
	{"Graphite with a method as its path", "GET 1 1700000000\n", linesProtocol, ""},
	{"Graphite with a path of HTTP", "HTTP/1.1 1 1700000000\n", linesProtocol, ""},
	{"Graphite with a time that is none", "GET 1 HTTP\n", linesProtocol, ""},
	{"StatsD", "GET:1|c\n", linesProtocol, ""},
	{"StatsD with spaces", "GET /x:1|c\n", linesProtocol, ""},
	{"Influx", "GET x=1 1700000000000000000\n", linesProtocol, ""},
	{"Influx with text of HTTP", "log msg=\"GET / HTTP/1.1\" 1\n", linesProtocol, ""},
	{"a request in the second line", "a.b 1 1700000000\nGET / HTTP/1.1\r\n", linesProtocol, ""},
	{"HTTP/0.9 has no version", "GET /\n", linesProtocol, ""},
	{"another protocol", "OPTIONS sip:nm SIP/2.0\r\n", linesProtocol, ""},
	{"a version without a number", "GET / HTTP/x.y\n", linesProtocol, ""},
	{"no method", " / HTTP/1.1\n", linesProtocol, ""},
	{"a method that is no token", "G(T / HTTP/1.1\n", linesProtocol, ""},
	{"no target", "GET HTTP/1.1\n", linesProtocol, ""},
	{"a long line with a method as its path", "GET " + longPath + " 1\n", linesProtocol, ""},
	{"an unfinished line", "GET x", linesProtocol, ""},
	{"pickle", "\x00\x00\x00\x05(lp0\n", linesProtocol, ""},
	{"control characters", "\x16\x16\x03\n", linesProtocol, ""},
	{"the first byte of TLS alone", "\x16", linesProtocol, ""},
}

func TestProtocolIsKnownByTheFirstLine(t *testing.T) {
	for _, tt := range protocols {
		t.Run(tt.name, func(t *testing.T) {
			for name, from := range map[string]io.Reader{
				"at once":      strings.NewReader(tt.text),
				"in bytes":     iotest.OneByteReader(strings.NewReader(tt.text)),
				"in halves":    iotest.HalfReader(strings.NewReader(tt.text)),
				"with its end": iotest.DataErrReader(strings.NewReader(tt.text)),
			} {
				read := 0
				r := &protocolReader{from: from, read: func(n int) { read += n }}
				got, err := io.ReadAll(r)
				var wrong *protocolError
				switch errors.As(err, &wrong); {
				case tt.want == linesProtocol && (err != nil || string(got) != tt.text || read != len(tt.text)):
					t.Errorf("%s: read %q, %v", name, got, err)
				case tt.want == tlsProtocol && (wrong == nil || wrong.reason != ledger.TLSOnPlainPort || wrong.request != nil):
					t.Errorf("%s: error is %v", name, err)
				case tt.want == httpProtocol && (wrong == nil || wrong.reason != ledger.HTTPOnLinePort || !strings.HasPrefix(tt.request, string(wrong.request))):
					t.Errorf("%s: error is %v, want the request %q", name, err, tt.request)
				}
				if tt.want != linesProtocol && len(got) > 0 {
					t.Errorf("%s: returned %q", name, got)
				}
				if wrong != nil && name == "at once" && len(tt.text) < maxFirstLine && string(wrong.request) != tt.request {
					t.Errorf("%s: request is %q, want %q", name, wrong.request, tt.request)
				}
			}
		})
	}
}

// FuzzProtocolReader checks that nothing is lost or changed, and that credentials of
// a request are never returned.
func FuzzProtocolReader(f *testing.F) {
	for _, tt := range protocols {
		f.Add([]byte(tt.text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		cut = max(0, min(cut, len(text)))
		from := io.MultiReader(bytes.NewReader(text[:cut]), bytes.NewReader(text[cut:]))
		got, err := io.ReadAll(&protocolReader{from: from, read: func(int) {}})
		var wrong *protocolError
		if !errors.As(err, &wrong) {
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("read %q of %q, %v", got, text, err)
			}
			return
		}
		if len(got) > 0 || len(wrong.request) > maxExample || bytes.ContainsAny(wrong.request, "?:@\n") && wrong.reason == ledger.HTTPOnLinePort && bytes.Contains(wrong.request, []byte(" /")) {
			t.Errorf("returned %q and the request %q of %q", got, wrong.request, text)
		}
	})
}

// A deadline may end each read: what is held back is neither lost nor taken for
// lines.
func TestHeldBytesSurviveDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			pieces []string
			want   string
			reason string
		}{
			{[]string{"", "GET / HT", "TP/1.1\r\nAuthorization: secret\r\n"}, "", "http_on_line_port=1"},
			{[]string{"\x16", "\x03\x01\x00"}, "", "tls_on_plain_port=1"},
			{[]string{"abc", "def 1 1\nb 1 1\n"}, "abcdef 1 1\nb 1 1\n", ""},
			{[]string{"", "", "a"}, "", "truncated=1"},
		} {
			l := newUnbound(Options{})
			here, there := net.Pipe()
			conn := newCoalescedConn(here, nil)
			s := newStream(l, conn, peerOf(here), l.streams.add(t.Context(), peerOf(here).host, func(error) {}))
			go io.Copy(io.Discard, there) // reads the answer
			var err error
			for _, piece := range tt.pieces {
				go there.Write([]byte(piece)) // an empty one is no write
				for err = nil; err == nil; err = s.read() {
					conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				}
				if !isTimeout(err) {
					break
				}
			}
			s.end(err)
			s.member.end()
			there.Close()
			l.ring.close()
			got, _ := l.ring.take(nil)
			if rejected := l.Ledger().Rejected.String(); string(got) != tt.want || rejected != tt.reason {
				t.Errorf("%q: took %q, rejected %q, want %q, %q", tt.pieces, got, rejected, tt.want, tt.reason)
			}
		}
	})
}

// Clients of HTTP get an answer, and nothing of their requests is a line, an example
// or in the log.
func TestConnectionThatSpeaksHTTPIsRejectedOnce(t *testing.T) {
	server := newIdentity(t)
	for _, addr := range []string{"graphite+tcp://127.0.0.1:0", "graphite+unix://", "graphite+" + server.addr()} {
		t.Run(addr[9:13], func(t *testing.T) {
			if strings.HasPrefix(addr, "graphite+unix") {
				addr += socketPath(t)
			}
			var log syncBuffer
			examples := make(chan string, 10)
			r := listen(t, addr, Options{
				Logger:     slog.New(slog.NewTextHandler(&log, nil)),
				OnRejected: func(r Rejected) { examples <- string(r.Reason) + " " + string(r.Text) },
			})
			for range 2 {
				var conn net.Conn
				if r.tls != nil {
					conn = dialTLS(t, r, &tls.Config{RootCAs: server.pool})
				} else {
					conn = r.dial(t)
				}
				write(t, conn, "POST /write?p=secret HTTP/1.1\r\nHost: h\r\nAuthorization: Token secret\r\n\r\n"+strings.Repeat("a.b 1 1700000000\n", 1000))
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(answer.Body)
				if err != nil || answer.StatusCode != 400 || !answer.Close || !strings.Contains(string(text), "takes lines of graphite, not HTTP") {
					t.Errorf("answered %v %q, %v", answer.Status, text, err)
				}
				conn.Close()
				if got, want := <-examples, "http_on_line_port POST /write"; got != want {
					t.Errorf("the example is %q, want %q", got, want)
				}
			}
			waitFor(t, "the end", func() bool { return r.stat("accepted_connections") == 2 && r.stat("connections") == 0 })
			if in := r.stop(t); in.Received != 2 || in.Rejected[ledger.HTTPOnLinePort] != 2 {
				t.Errorf("counts are %v", in)
			}
			if got := r.RejectedConns().String(); got != "http_on_line_port=2" {
				t.Errorf("closed connections are %q", got)
			}
			if n := strings.Count(log.String(), "speaks HTTP"); n != 1 || strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "peer=") {
				t.Errorf("%d records, want 1:\n%s", n, log.String())
			}
		})
	}
}

// Webhooks and package servers have tokens in their paths.
func TestLoggedRequestShowsNoCredentials(t *testing.T) {
	for path, want := range map[string]string{
		"/ghp_0123456789abcdef0123/x":                             "GET /xxxxx",
		"/v1/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1A": "GET xxxxx",
		"/" + longPath:   ("GET /" + longPath)[:maxLogged],
		"/metrics/job/a": "GET /metrics/job/a",
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			l := newUnbound(Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			here, there := net.Pipe()
			go func() {
				there.Write([]byte("GET " + path + " HTTP/1.1\r\n\r\n"))
				there.Close()
			}()
			l.serveConn(t.Context(), connFrom{here, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 9}})
			if got := log.String(); !strings.Contains(got, "request=\""+want) || strings.Contains(got, "0123") || strings.Contains(got, "MTIz") || len(got) > 2*maxLogged+200 {
				t.Errorf("%s is logged as %s", path, got)
			}
		})
	}
}

// A client that neither reads the answer nor stops to write is closed all the same.
func TestAnswerToHTTPIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{})
		here, there := net.Pipe()
		ended := make(chan bool)
		go func() {
			defer close(ended)
			there.Write([]byte("GET / HTTP/1.1\r\n"))
			for {
				if _, err := there.Write([]byte("x")); err != nil {
					return
				}
			}
		}()
		began := time.Now()
		l.serveConn(t.Context(), here)
		if d := time.Since(began); d > answerTime {
			t.Errorf("the connection was open for %v", d)
		}
		<-ended
		if in := l.Ledger(); in.Rejected[ledger.HTTPOnLinePort] != 1 || in.Pending != 0 {
			t.Errorf("counts are %v", in)
		}
	})
}

func TestTLSOnAPlainPortIsRejectedOnce(t *testing.T) {
	var log syncBuffer
	examples := make(chan Rejected, 10)
	r := listen(t, "tcp://127.0.0.1:0", Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), OnRejected: func(r Rejected) { examples <- r }})
	for range 2 {
		if conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{InsecureSkipVerify: true}); err == nil {
			conn.Close()
			t.Error("the handshake succeeded")
		}
		if got := <-examples; got.Reason != ledger.TLSOnPlainPort || got.Text != nil || got.Lines != 1 || got.From != "127.0.0.1" {
			t.Errorf("passed on %+v", got)
		}
	}
	if in := r.stop(t); in.Received != 2 || in.Rejected[ledger.TLSOnPlainPort] != 2 {
		t.Errorf("counts are %v", in)
	}
	if n := strings.Count(log.String(), "speaks TLS"); n != 1 {
		t.Errorf("%d records, want 1:\n%s", n, log.String())
	}
}
