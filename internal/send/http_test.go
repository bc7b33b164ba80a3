package send

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/faultsink"
)

func TestHTTPFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script []faultsink.Reply
		stored int // lines
		want   string
	}{
		{"no fault", nil, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"overload", []faultsink.Reply{faultsink.Refuses(503, ""), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"no response", []faultsink.Reply{faultsink.Hangup(), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"partial", []faultsink.Reply{faultsink.Stores(400, "partial write: dropped=4")}, 10, "accepted=10 delivered=6 dropped=4(rejected=4) pending=0"},
		{"one line rejected", []faultsink.Reply{faultsink.Strict("line.3 ")}, 9, "accepted=10 delivered=9 dropped=1(rejected=1) pending=0"},
		{"all lines rejected", []faultsink.Reply{faultsink.Refuses(422, "no")}, 0, "accepted=10 delivered=0 dropped=10(rejected=10) pending=0"},
		{"too large at first", []faultsink.Reply{faultsink.TooLarge(70)}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"too many, seconds", []faultsink.Reply{faultsink.TooMany("0"), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"too many, date", []faultsink.Reply{faultsink.TooMany("Fri, 02 Jan 2026 03:03:05 GMT"), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
	} {
		for _, zip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, gzip %v", tt.name, zip), func(t *testing.T) {
				sink := faultsink.NewHTTP(t, tt.script...)
				s := New(open(t, "http://"+sink.Addr()+"/write?db=x", DialOptions{Gzip: zip}), fast)
				sendNumbered(t, s, 1, 10)
				if err := s.Close(within(t, 20*time.Second)); (err != nil) != strings.Contains(tt.want, "rejected=") {
					t.Errorf("Close() = %v", err)
				}
				if got := sink.Lines(); len(got) != tt.stored {
					t.Errorf("%d lines are stored: %q", len(got), got)
				}
				checkLedger(t, s, tt.want)
			})
		}
	}
}

func TestSameBytesAreSentAfterATimeout(t *testing.T) {
	sink := faultsink.NewHTTP(t, faultsink.Late(time.Hour), faultsink.OK())
	s := New(open(t, "http://"+sink.Addr()+"/", DialOptions{Timeout: 50 * time.Millisecond, Gzip: true}), fast)
	sendNumbered(t, s, 1, 100)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	lines := sink.WaitLines(200)
	if !slices.Equal(lines[:100], lines[100:200]) {
		t.Error("the second request differs from the first")
	}
	checkLedger(t, s, "accepted=100 delivered=100 dropped=0 pending=0")
}

func TestGzipAndHeadersOfARequest(t *testing.T) {
	var heads []http.Header
	var lengths []int64
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		heads, lengths = append(heads, r.Header.Clone()), append(lengths, r.ContentLength)
		w.WriteHeader(204)
	})
	token := 0
	tr := open(t, srv, DialOptions{Gzip: true, ContentType: "text/x", Header: func(h http.Header) {
		token++
		h.Set("Authorization", fmt.Sprint("Token ", token))
	}}).(Messenger)
	defer tr.Close()
	for _, n := range []int{1, 1000} {
		if err := tr.Deliver(t.Context(), numbered(0, n)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []struct{ encoding, auth string }{{"", "Token 1"}, {"gzip", "Token 2"}} {
		h := heads[i]
		if h.Get("Content-Encoding") != want.encoding || h.Get("Authorization") != want.auth || h.Get("Content-Type") != "text/x" || h.Get("User-Agent") != "monkit" || lengths[i] <= 0 || h["Idempotency-Key"] != nil {
			t.Errorf("request %d: %v, length %d", i, h, lengths[i])
		}
	}
}

// Neither errors nor logs show the credentials of a URL, and no redirect is
// followed with them.
func TestCredentialsAreNotShownNorRedirected(t *testing.T) {
	other := faultsink.NewHTTP(t)
	sink := faultsink.NewHTTP(t, faultsink.Refuses(307, "", "Location", "http://"+other.Addr()+"/?p=geheim"))
	for _, addr := range []string{sink.Addr(), freeAddr(t)} {
		var log bytes.Buffer
		ep, err := endpoint.Parse("http://user:geheim@"+addr+"/write?p=geheim&u=geheim&token=geheim", endpoint.Default{})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := Open(ep, DialOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s := New(tr, Options{Name: ep.Destination(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mustSend(t, s, "a 1\n", 1)
		waitFailing(s)
		err = s.Close(within(t, 0))
		if err == nil || log.Len() == 0 {
			t.Errorf("Close: %v, log: %s", err, log.String())
		}
		if strings.Contains(fmt.Sprint(err)+log.String(), "geheim") {
			t.Errorf("credentials are in %v or in\n%s", err, log.String())
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	}
	if other.Visits() != 0 {
		t.Error("the redirect was followed")
	}
	if got := sink.Visits(); got == 0 {
		t.Error("no request was sent")
	}
}

// The server of a connection that was idle may close it at any time. net/http
// then repeats the request, and the Sender does not count a failure.
func TestRequestIsRepeatedIfItsConnectionWasStale(t *testing.T) {
	sink := faultsink.NewHTTP(t, faultsink.OK(), faultsink.Hangup(), faultsink.OK())
	tr := open(t, "http://"+sink.Addr()+"/", DialOptions{}).(Messenger)
	defer tr.Close()
	for _, p := range []string{"a 1\n", "b 1\n"} {
		if err := tr.Deliver(t.Context(), []byte(p)); err != nil {
			t.Error(err)
		}
	}
	if got := sink.Lines(); sink.Visits() != 3 || !slices.Equal(got, []string{"a 1", "b 1"}) {
		t.Errorf("%d requests, lines %q", sink.Visits(), got)
	}
	if got := stats(tr.(statser)); got["requests"] != 2 || got["reconnects"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestCloseClosesTheIdleConnection(t *testing.T) {
	closed := make(chan struct{}, 10)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	tr := open(t, srv.URL, DialOptions{}).(Messenger)
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
		t.Fatal(err)
	}
	tr.Close()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestLongResponseIsReadSoThatItsConnectionServesAgain(t *testing.T) {
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, maxResponse+maxDrain-1)) })
	tr := open(t, srv, DialOptions{}).(Messenger)
	defer tr.Close()
	for range 3 {
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
			t.Fatal(err)
		}
	}
	if got := stats(tr.(statser)); got["requests"] != 3 || got["reconnects"] != 0 {
		t.Errorf("got %v", got)
	}
}

func TestConnectionOfATooLongResponseIsClosed(t *testing.T) {
	const most = 64 << 20 // more than the buffers of both kernels hold
	result := make(chan error, 1)
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		var err error
		for n := 0; n < most && err == nil; n += maxResponse {
			_, err = w.Write(make([]byte, maxResponse))
		}
		result <- err
	})
	tr := open(t, srv, DialOptions{Timeout: time.Hour}).(Messenger)
	defer tr.Close()
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
		t.Error(err)
	}
	if err := <-result; err == nil {
		t.Errorf("%d bytes of a response were read", most)
	}
}

// recordingBody is the body of a response. It records Close.
type recordingBody struct {
	io.Reader
	closed bool
}

func (b *recordingBody) Close() error { b.closed = true; return nil }

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

func TestBodyOfAResponseIsClosed(t *testing.T) {
	for _, size := range []int{0, maxResponse + maxDrain + 1} {
		b := &recordingBody{Reader: bytes.NewReader(make([]byte, size))}
		tr := open(t, "http://h/", DialOptions{}).(*httpTransport)
		tr.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
			req.Body.Close()
			return &http.Response{StatusCode: 200, Body: b, Request: req}, nil
		})
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil || !b.closed {
			t.Errorf("a response of %d bytes: %v, its body is closed: %v", size, err, b.closed)
		}
	}
}

// newServer returns the URL of a server.
func newServer(t *testing.T, h http.HandlerFunc) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}
