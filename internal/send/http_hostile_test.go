package send

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"monkit.example/internal/endpoint"
)

// standardLog returns what is printed to the program's standard logger until the
// end of the test.
func standardLog(t *testing.T) *logText {
	to := new(logText)
	before := log.Writer()
	log.SetOutput(to)
	t.Cleanup(func() { log.SetOutput(before) })
	return to
}

// rawServer accepts connections, with TLS if config is not nil, until the test
// ends. serve has a connection to itself and must end when it is closed.
func rawServer(t *testing.T, config *tls.Config, serve func(c net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn // guarded by mu
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				c = tls.Server(c, config)
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return l.Addr().String()
}

// replying returns a server of connections that answers each request with what
// answer writes, and reads no more requests once it returns false.
func replying(answer func(w io.Writer) bool) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil || !answer(c) {
				return
			}
		}
	}
}

// says returns an answer that is sent in one piece.
func says(text string) func(io.Writer) bool {
	return func(w io.Writer) bool {
		_, err := io.WriteString(w, text)
		return err == nil
	}
}

const (
	noContent = "HTTP/1.1 204 No Content\r\n\r\n"
	found     = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
	chunked   = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n"
)

// TestUnaskedAnswersAreCountedAndLoggedOnceAMinute has servers that answer what was
// not asked. net/http prints "Unsolicited response received on idle HTTP channel" to
// the standard logger for each.
func TestUnaskedAnswersAreCountedAndLoggedOnceAMinute(t *testing.T) {
	id := newIdentity(t)
	roots := x509.NewCertPool()
	roots.AddCert(id.Leaf)
	later := func(first, second string) func(io.Writer) bool {
		return func(w io.Writer) bool {
			says(first)(w)
			time.Sleep(5 * time.Millisecond) // the client has read the first part, or not: either is counted
			return says(second)(w)
		}
	}
	for _, tt := range []struct {
		name  string
		serve func(net.Conn)
	}{
		{"two in one piece", replying(says(noContent + noContent))},
		{"three in one piece", replying(says(noContent + found + noContent))},
		{"after a body", replying(says(found + found))},
		{"after chunks", replying(says(chunked + chunked))},
		{"after a large body", replying(says("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000) + noContent))},
		{"one byte", replying(says(noContent + "x"))},
		{"bytes of no protocol", replying(says(found + strings.Repeat("\x00\xff\n", 10000)))},
		{"later", replying(later(noContent, noContent))},
		{"later, after a body", replying(later(found, found))},
	} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(tt.name+" by "+scheme, func(t *testing.T) {
				printed, logged := standardLog(t), new(logText)
				var config *tls.Config
				if scheme == "https" {
					config = &tls.Config{Certificates: []tls.Certificate{id}}
				}
				addr := rawServer(t, config, tt.serve)
				o := fast
				o.Logger = slog.New(slog.NewTextHandler(logged, nil))
				s := New(open(t, scheme+"://"+addr+"/", DialOptions{TLS: &tls.Config{RootCAs: roots}}), o)
				const payloads = 5
				for i := range int64(payloads) {
					mustSend(t, s, "a 1\n", 1)
					if err := s.Flush(within(t, 20*time.Second)); err != nil {
						t.Fatal(err)
					}
					waitUnasked(t, s, i+1)
				}
				if err := s.Close(within(t, 20*time.Second)); err != nil {
					t.Error(err)
				}
				checkLedger(t, s, "accepted=5 delivered=5 dropped=0 pending=0")
				if n := strings.Count(logged.String(), errUnasked.Error()+"; the connection is closed"); n != 1 {
					t.Errorf("%d records of unasked answers, want 1:\n%s", n, logged)
				}
				if got := printed.String(); got != "" {
					t.Errorf("the standard logger has\n%s", got)
				}
			})
		}
	}
}

// waitUnasked returns when there were so many answers that no request asked for.
func waitUnasked(t *testing.T, s *Sender, n int64) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		st, _ := s.SenderStats()
		if st.Transport.UnaskedAnswers >= n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d answers are counted as unasked, want %d: %+v", st.Transport.UnaskedAnswers, n, st.Transport)
		}
	}
}

// An answer before the request may be taken for that of the request, or end the
// connection.
func TestAnswersBeforeTheRequestAreNotPrinted(t *testing.T) {
	printed := standardLog(t)
	addr := rawServer(t, nil, func(c net.Conn) {
		says(noContent + noContent)(c)
		io.Copy(io.Discard, c)
	})
	tr := open(t, "http://"+addr+"/", DialOptions{}).(*httpTransport)
	defer tr.Close()
	for range 30 {
		err := tr.Deliver(t.Context(), []byte("a 1\n"))
		if (&exchange{err: err}).settlesNothing() {
			t.Errorf("Deliver returns %v, by which the payload is dropped", err)
		}
	}
	if n := stats(tr); n["unasked_answers"] < 10 || printed.String() != "" {
		t.Errorf("got %v, and the log %q", n, printed)
	}
}

// net/http closes the connection when it has read such an answer, maybe while it
// writes the request.
func TestWriteAfterAnUnaskedAnswerFailsWithTheReason(t *testing.T) {
	addr := rawServer(t, nil, func(c net.Conn) { says(noContent)(c) })
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	starts := 0
	c := newAnswerConn(conn, func(string) { starts++ })
	if _, err := c.Read(make([]byte, 1)); err != errUnasked || starts != 1 {
		t.Errorf("Read returns %v, %d answers are counted", err, starts)
	}
	c.Close()
	if _, err := c.Write([]byte("POST")); err != errUnasked {
		t.Errorf("Write returns %v", err)
	}
}

// A server that closes an idle connection says so with status 408, as HAProxy does.
func TestTimeoutOfAnIdleConnectionIsNoUnaskedAnswer(t *testing.T) {
	printed := standardLog(t)
	addr := rawServer(t, nil, replying(func(w io.Writer) bool {
		says(noContent + "HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n")(w)
		return false
	}))
	s := New(open(t, "http://"+addr+"/", DialOptions{}), fast)
	for range 3 {
		mustSend(t, s, "a 1\n", 1)
		if err := s.Flush(within(t, 20*time.Second)); err != nil { // it is sent again if its connection was closed
			t.Fatal(err)
		}
	}
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	checkLedger(t, s, "accepted=3 delivered=3 dropped=0 pending=0")
	if st, _ := s.SenderStats(); st.Transport.UnaskedAnswers != 0 || st.Transport.Reconnects < 2 || printed.String() != "" {
		t.Errorf("got %+v, and the log %q", st.Transport, printed)
	}
}

// TestOneConnectionServesAllAnswers pins that answers of every form leave the
// connection usable.
func TestOneConnectionServesAllAnswers(t *testing.T) {
	var n int
	answers := []string{noContent, found, chunked, "HTTP/1.1 100 Continue\r\n\r\n" + found,
		"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000),
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n3\r\nok\n\r\n0\r\nA: b\r\n\r\n"}
	addr := rawServer(t, nil, replying(func(w io.Writer) bool {
		n++
		return says(answers[n%len(answers)])(w)
	}))
	tr := open(t, "http://"+addr+"/", DialOptions{}).(*httpTransport)
	defer tr.Close()
	for range 4 * len(answers) {
		deliver(t, tr)
	}
	if n := stats(tr); n["unasked_answers"] != 0 || n["reconnects"] != 0 {
		t.Errorf("got %v", n)
	}
}

// TestAnswersAreBounded has servers whose answers have no end. What a server says is
// cut in errors, too.
func TestAnswersAreBounded(t *testing.T) {
	endless := func(start, more string) func(io.Writer) bool {
		return func(w io.Writer) bool {
			for ok := says(start)(w); ok; ok = says(more)(w) {
			}
			return false
		}
	}
	header := "X: " + strings.Repeat("x", 1000) + "\r\n"
	for _, tt := range []struct {
		name   string
		answer func(io.Writer) bool
		err    string // "" if the payload counts as delivered
	}{
		{"headers", endless("HTTP/1.1 200 OK\r\n", header), "server response headers exceeded 65536 bytes"},
		{"headers of 10 MB", says("HTTP/1.1 200 OK\r\n" + strings.Repeat(header, 10000) + "\r\n"), "server response headers exceeded 65536 bytes"},
		{"one header", endless("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxxxxxxxxxx"), "server response headers exceeded 65536 bytes"},
		{"status line", endless("HTTP/1.1 200 ", "OK OK OK OK OK OK "), "server response headers exceeded 65536 bytes"},
		{"no line", endless("\r", "\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r"), "server response headers exceeded 65536 bytes"},
		{"informational answers", endless("", "HTTP/1.1 102 Processing\r\n\r\n"), "server response headers exceeded 65536 bytes"},
		{"informational answers with headers", endless("", "HTTP/1.1 103 Early Hints\r\n"+header+"\r\n"), "server response headers exceeded 65536 bytes"},
		{"headers of 60 KB", says("HTTP/1.1 204 No Content\r\n" + strings.Repeat(header, 60) + "\r\n"), ""},
		{"body without an end", endless("HTTP/1.1 200 OK\r\n\r\n", header), ""},
		{"chunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nok\n\r\n"), ""},
		{"error of chunks", endless("HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nno \r\n"), "400 Bad Request"},
		{"trailers", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", header), ""},
		{"extension of a chunk", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;", "xxxxxxxxxxxxxxxxxx"), ""},
		{"bad header", says("HTTP/1.1 200 OK\r\n" + strings.Repeat("\x00\xff", 10000) + "\r\n\r\n"), "malformed"},
		{"bad header name", says("HTTP/1.1 200 OK\r\n" + strings.Repeat("a\tb", 10000) + ": x\r\n\r\n"), "malformed"},
		{"bad version", says(strings.Repeat("HTTP/9", 10000) + "\r\n\r\n"), "malformed"},
		{"bad length", says("HTTP/1.1 200 OK\r\nContent-Length: " + strings.Repeat("9", 30000) + "\r\n\r\n"), "bad Content-Length"},
		{"bad encoding", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + strings.Repeat("y", 30000) + "\r\n\r\n"), "unsupported transfer encoding"},
		{"redirect to a long address", says("HTTP/1.1 307 To\r\nLocation: http://" + strings.Repeat("h", 30000) + "/\r\nContent-Length: 0\r\n\r\n"), "307 Temporary Redirect to http://hhh"},
		{"end in a header", says("HTTP/1.1 200 OK\r\nX: "), "unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			printed := standardLog(t)
			addr := rawServer(t, nil, replying(func(w io.Writer) bool {
				tt.answer(w)
				return false
			}))
			tr := open(t, "http://"+addr+"/", DialOptions{Timeout: 20 * time.Second}).(Messenger)
			defer tr.Close()
			err := tr.Deliver(t.Context(), []byte("a 1\n"))
			if fmt.Sprint(err) == "<nil>" != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Deliver returns %.300v, want %q", err, tt.err)
			}
			if err != nil && (len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\x00\r\n")) {
				t.Errorf("the error has %d bytes: %.300q", len(err.Error()), err)
			}
			if printed.String() != "" {
				t.Errorf("the standard logger has\n%.300s", printed)
			}
		})
	}
}

// Behind a proxy, an https server's answers are read by net/http, and those of an
// http server as without one.
func TestUnaskedAnswersThroughAProxy(t *testing.T) {
	printed := standardLog(t)
	addr := rawServer(t, nil, replying(says(noContent+noContent)))
	ep, err := endpoint.Parse("http://h.test/", endpoint.Default{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenHTTP(ep, DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tr := m.(*httpTransport)
	tr.dialer.next.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: addr})
	defer tr.Close()
	for range 10 {
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); (&exchange{err: err}).settlesNothing() { // a request on a connection that ends fails
			t.Errorf("Deliver returns %v, by which the payload is dropped", err)
		}
	}
	if n := stats(tr); n["unasked_answers"] < 2 || printed.String() != "" {
		t.Errorf("got %v, and the log %q", n, printed)
	}
}

// Bytes that arrived with an answer are not of the next one, even if its request is
// written before they are read.
func TestBytesAfterAnAnswerAreNotOfTheNextOne(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	var starts []string
	c := newAnswerConn(client, func(start string) { starts = append(starts, start) })
	trace := traceAnswers()
	ask := func() {
		trace.GotConn(httptrace.GotConnInfo{Conn: c})
		go io.ReadFull(server, make([]byte, 3))
		if _, err := c.Write([]byte("ask")); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	go says("12345")(server)
	p := make([]byte, 100)
	for _, want := range "123" {
		if n, err := c.Read(p); n != 1 || err != nil || p[0] != byte(want) {
			t.Fatalf("got %q, %v", p[:n], err)
		}
	}
	trace.PutIdleConn(nil)
	ask()
	for range 2 {
		if n, err := c.Read(p); n != 0 || !errors.Is(err, errUnasked) {
			t.Errorf("got %q, %v", p[:n], err)
		}
	}
	if !slices.Equal(starts, []string{"45"}) {
		t.Errorf("the unasked bytes are %q, want them once", starts)
	}
}
