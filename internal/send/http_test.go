package send

import (
	"bytes"
	"context"
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

// TestHTTPFaults has a row for each answer of a server that stores lines over HTTP,
// InfluxDB before all, and what is stored and counted then.
func TestHTTPFaults(t *testing.T) {
	const all = "accepted=10 delivered=10 dropped=0 pending=0"
	const allBut1 = "accepted=10 delivered=9 dropped=1(rejected=1) pending=0"
	const none = "accepted=10 delivered=0 dropped=10(rejected=10) pending=0"
	type script = []faultsink.Reply
	var text strings.Builder // more than minGzip
	for i := range 10 {
		fmt.Fprintf(&text, "line.%d,is=%s,pad=%s v=1 1700000000\n", i, []string{"even", "odd"}[i%2], strings.Repeat("x", 100))
	}
	for _, tt := range []struct {
		name   string
		script script
		stored int // lines
		want   string
	}{
		{"no fault", nil, 10, all},
		{"any 2xx", script{faultsink.Stores(202, "queued")}, 10, all},
		{"v1: conflicts", script{faultsink.Stores(400, `{"error":"partial write: field type conflict dropped=4"}`)}, 10, "accepted=10 delivered=6 dropped=4(rejected=4) pending=0"},
		{"v1: a line that cannot be parsed", script{faultsink.Influx1("line.3,")}, 9, allBut1},
		{"v1: some lines that cannot be parsed", script{faultsink.Influx1("=odd")}, 5, "accepted=10 delivered=5 dropped=5(rejected=5) pending=0"},
		{"v1: no line can be parsed", script{faultsink.Influx1("line")}, 0, none},
		{"v1: retention policy that is created later", script{faultsink.Refuses(400, `{"error":"retention policy not found: x"}`), faultsink.OK()}, 10, all},
		{"v1: throttled", script{faultsink.Refuses(503, ""), faultsink.OK()}, 10, all},
		{"v2: refused whole", script{faultsink.Strict("line.3,")}, 9, allBut1},
		{"v2: refused whole, quoted", script{faultsink.Influx2("line.3,", 1)}, 9, allBut1},
		{"v2: partial write", script{faultsink.Stores(422, `{"code":"unprocessable entity","message":"failure: partial write: dropped=4"}`)}, 10, "accepted=10 delivered=6 dropped=4(rejected=4) pending=0"},
		{"early v2: partial write with 500", script{faultsink.Stores(500, `{"message":"unexpected error: partial write"}`)}, 10, allBut1},
		{"early v2: conflict with 500", script{faultsink.Stores(500, "field type conflict")}, 10, allBut1},
		{"v3: partial", script{faultsink.Influx3("line.3,", true)}, 9, allBut1},
		{"v3: limit", script{faultsink.Stores(422, `{"error":"partial write of line protocol occurred","data":[{"line_number":1},{"line_number":2}]}`)}, 10, "accepted=10 delivered=8 dropped=2(rejected=2) pending=0"},
		{"v3: all or nothing", script{faultsink.Influx3("line.3,", false)}, 9, allBut1},
		{"token that is renewed", script{faultsink.Refuses(401, ""), faultsink.OK()}, 10, all},
		{"permission that is granted", script{faultsink.Refuses(403, ""), faultsink.OK()}, 10, all},
		{"database that is created", script{faultsink.Refuses(404, ""), faultsink.OK()}, 10, all},
		{"wrong version", script{faultsink.Refuses(405, "")}, 0, none},
		{"gzip is not taken", script{faultsink.NoGzip(faultsink.OK(), 415, "")}, 10, all},
		{"gzip is not understood", script{faultsink.NoGzip(faultsink.OK(), 400, "invalid UTF-8")}, 10, all},
		{"too large at first", script{faultsink.TooLarge(700)}, 10, all},
		{"too many, seconds", script{faultsink.TooMany("0"), faultsink.OK()}, 10, all},
		{"too many, date", script{faultsink.TooMany("Fri, 02 Jan 2026 03:03:05 GMT"), faultsink.OK()}, 10, all},
		{"too many, neither", script{faultsink.TooMany(""), faultsink.OK()}, 10, all},
		{"unavailable for a while", script{faultsink.Refuses(503, "", "Retry-After", "0"), faultsink.OK()}, 10, all},
		{"timeout of the server", script{faultsink.Refuses(408, ""), faultsink.OK()}, 10, all},
		{"broken", script{faultsink.Refuses(500, "panic"), faultsink.OK()}, 10, all},
		{"no response", script{faultsink.Hangup(), faultsink.OK()}, 10, all},
		{"hinted handoff", script{faultsink.Stores(500, "hinted handoff queue not empty")}, 10, all},
		{"any other 4xx", script{faultsink.Refuses(422, "no")}, 0, none},
	} {
		for _, zip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, gzip %v", tt.name, zip), func(t *testing.T) {
				sink := faultsink.NewHTTP(t, tt.script...)
				tr := open(t, "http://"+sink.Addr()+"/write?db=x", DialOptions{Gzip: zip})
				s := New(eager{tr.(Messenger)}, fast)
				mustSend(t, s, text.String(), 10)
				s.Close(within(t, 20*time.Second)) // its error is about lines that are counted below
				if got := sink.Lines(); len(got) != tt.stored {
					t.Errorf("%d lines are stored: %q", len(got), got)
				}
				checkLedger(t, s, tt.want)
			})
		}
	}
}

// eager is a Messenger whose peer never asks for a wait.
type eager struct{ Messenger }

func (m eager) Deliver(ctx context.Context, p []byte) error {
	err := m.Messenger.Deliver(ctx, p)
	if err == nil {
		return nil
	}
	e := *classify(err)
	e.after, e.longest = 0, false
	return &e
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

// InfluxDB 1 quotes each line that it cannot parse, before dropped=0.
func TestEveryQuotedLineOfALongResponseIsCounted(t *testing.T) {
	sink := faultsink.NewHTTP(t, faultsink.Influx1("v=1u"))
	tr := open(t, "http://"+sink.Addr(), DialOptions{Gzip: true}).(Messenger)
	defer tr.Close()
	var payload []byte
	for i := range 5000 {
		payload = fmt.Appendf(payload, "line.%d,host=\"a<b>\" v=1%s %d\n", i, []string{"u", "i"}[i%2], 1700000000+i)
	}
	e := classify(tr.Deliver(t.Context(), payload))
	if e.kind != partial || e.rejected != 2500 || len(e.named) != 2500 || len(sink.Lines()) != 2500 {
		t.Errorf("kind %d, %d rejected, %d named, %d stored", e.kind, e.rejected, len(e.named), len(sink.Lines()))
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
