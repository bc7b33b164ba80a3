package send

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/faultsink"
)

func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		text   string
		kind   kind // of an error
		ok     bool
		lines  int // rejected, if partial
	}{
		{"stored", 204, "", 0, true, 0},
		{"any 2xx", 202, "", 0, true, 0},
		{"hinted handoff", 500, `{"error":"hinted handoff queue not empty"}`, 0, true, 0},
		{"v1 partial", 400, `{"error":"partial write: field type conflict: x dropped=3"}`, partial, false, 3},
		{"v2 partial", 422, `{"code":"unprocessable entity","message":"failure: partial write: dropped=2"}`, partial, false, 2},
		{"early v2 partial", 500, `{"message":"unexpected error: Partial write: type conflict"}`, partial, false, 1},
		{"early v2 conflict", 500, `field type conflict: x`, partial, false, 1},
		{"v3 partial", 400, `{"error":"partial write of line protocol occurred","data":[{"line_number":2},{"line_number":4}]}`, partial, false, 2},
		{"v1 cannot parse", 400, `{"error":"unable to parse 'x': missing fields"}`, split, false, 0},
		{"v2 invalid", 400, `{"code":"invalid"}`, split, false, 0},
		{"v3 not partial", 400, `{"error":"parsing failed for write_lp endpoint"}`, split, false, 0},
		{"no token", 401, "", retry, false, 0},
		{"no database", 404, `database not found: "x"`, retry, false, 0},
		{"wrong version", 405, "", permanent, false, 0},
		{"timeout", 408, "", ambiguous, false, 0},
		{"too large", 413, "", tooLarge, false, 0},
		{"unprocessable", 422, "", permanent, false, 0},
		{"too many", 429, "", retry, false, 0},
		{"teapot", 418, "", permanent, false, 0},
		{"broken", 500, "", ambiguous, false, 0},
		{"bad gateway", 502, "", ambiguous, false, 0},
		{"overload", 503, "", retry, false, 0},
		{"redirect", 307, "", retry, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := judge(&http.Response{StatusCode: tt.status, Header: http.Header{}}, tt.text)
			if tt.ok != (err == nil) {
				t.Fatalf("judge: %v", err)
			}
			if err == nil {
				return
			}
			if e := classify(err); e.kind != tt.kind || e.rejected != tt.lines {
				t.Errorf("kind %d, %d rejected, want %d and %d", e.kind, e.rejected, tt.kind, tt.lines)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		in   string
		want time.Duration
	}{
		{"", 0}, {"7", 7 * time.Second}, {" 7 ", 7 * time.Second}, {"0", 0}, {"-7", 0}, {"soon", 0},
		{"99999999999999999999", 0}, {"9999999999999999999", maxRetryAfter}, {"301", maxRetryAfter},
		{"Fri, 02 Jan 2026 03:05:05 GMT", time.Minute},
		{"Fri, 02 Jan 2026 03:03:05 GMT", 0},
		{"Fri, 02 Jan 2027 03:03:05 GMT", maxRetryAfter},
	} {
		if got := retryAfter(tt.in, now); got != tt.want {
			t.Errorf("retryAfter(%q) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestHTTPFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script []faultsink.Reply
		stored int // lines
		want   string
	}{
		{"good", nil, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"overload", []faultsink.Reply{faultsink.Refuses(503, ""), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"broken answer", []faultsink.Reply{faultsink.Hangup(), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"partial", []faultsink.Reply{faultsink.Stores(400, "partial write: dropped=4")}, 10, "accepted=10 delivered=6 dropped=4(rejected=4) pending=0"},
		{"one bad line", []faultsink.Reply{faultsink.Strict("line.3 ")}, 9, "accepted=10 delivered=9 dropped=1(rejected=1) pending=0"},
		{"all bad", []faultsink.Reply{faultsink.Refuses(422, "no")}, 0, "accepted=10 delivered=0 dropped=10(rejected=10) pending=0"},
		{"too large at first", []faultsink.Reply{faultsink.TooLarge(70)}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"too many, seconds", []faultsink.Reply{faultsink.TooMany("0"), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"too many, date", []faultsink.Reply{faultsink.TooMany("Fri, 02 Jan 2026 03:03:05 GMT"), faultsink.OK()}, 10, "accepted=10 delivered=10 dropped=0 pending=0"},
	} {
		for _, zip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, gzip %v", tt.name, zip), func(t *testing.T) {
				sink := faultsink.NewHTTP(t, tt.script...)
				s := New(open(t, "http://"+sink.Addr()+"/write?db=x", DialOptions{Gzip: zip}), fast)
				sendNumbered(t, s, 1, 10)
				if err := s.Close(within(t, 20*time.Second)); err != nil {
					t.Error(err)
				}
				if got := sink.Lines(); len(got) != tt.stored {
					t.Errorf("%d lines are stored: %q", len(got), got)
				}
				checkLaw(t, s, tt.want)
			})
		}
	}
}

func TestLateAnswerSendsTheSameBytesAgain(t *testing.T) {
	sink := faultsink.NewHTTP(t, faultsink.Late(time.Hour), faultsink.OK())
	s := New(open(t, "http://"+sink.Addr()+"/", DialOptions{Timeout: 50 * time.Millisecond, Gzip: true}), fast)
	sendNumbered(t, s, 1, 100)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	lines := sink.WaitLines(200)
	if !slices.Equal(lines[:100], lines[100:200]) {
		t.Error("the second time differs from the first")
	}
	checkLaw(t, s, "accepted=100 delivered=100 dropped=0 pending=0")
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
		if h.Get("Content-Encoding") != want.encoding || h.Get("Authorization") != want.auth || h.Get("Content-Type") != "text/x" || lengths[i] <= 0 || h["Idempotency-Key"] != nil {
			t.Errorf("request %d: %v, length %d", i, h, lengths[i])
		}
	}
}

// Neither errors nor logs show what was in the URL, and no redirect is
// followed with it.
func TestCredentialsStayWhereTheyAre(t *testing.T) {
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
		waitDown(s)
		err = s.Close(within(t, 0))
		if err == nil || log.Len() == 0 {
			t.Errorf("Close: %v, log: %s", err, log.String())
		}
		if strings.Contains(fmt.Sprint(err)+log.String(), "geheim") {
			t.Errorf("seen in %v or in\n%s", err, log.String())
		}
		checkLaw(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	}
	if other.Visits() != 0 {
		t.Error("the redirect was followed")
	}
	if got := sink.Visits(); got == 0 {
		t.Error("nothing was tried")
	}
}

func newServer(t *testing.T, h http.HandlerFunc) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}
