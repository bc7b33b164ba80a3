package send

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
)

func TestCheckDecidesAboutEachResponse(t *testing.T) {
	verdict := errors.New("no")
	for _, tt := range []struct {
		name  string
		reply faultsink.Reply
		err   error
		seen  string
	}{
		{"a success", faultsink.Stores(200, "all 2"), nil, "200 all 2"},
		{"a success that is none", faultsink.Stores(200, "1 of 2"), Partial(1, verdict), "200 1 of 2"},
		{"an error", faultsink.Refuses(418, "tea", "X-Pot", "small"), Split(verdict), "418 tea small"},
		{"an error that is none", faultsink.Refuses(500, ""), nil, "500"},
		{"a redirect", faultsink.Refuses(302, "", "Location", "http://other.example/"), Permanent(verdict), "302"},
		{"a long body", faultsink.Refuses(400, strings.Repeat("x", maxResponse+maxDrain)), Split(verdict), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sink := faultsink.NewHTTP(t, tt.reply)
			calls, seen := 0, ""
			tr := open(t, "http://"+sink.Addr()+"/", DialOptions{Check: func(resp *http.Response, body string) error {
				calls++
				seen = strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", body, " ", resp.Header.Get("X-Pot")))
				return tt.err
			}}).(Messenger)
			defer tr.Close()
			if err := tr.Deliver(t.Context(), []byte("a 1\nb 2\n")); err != tt.err {
				t.Errorf("Deliver() = %v, want %v", err, tt.err)
			}
			if calls != 1 || sink.Visits() != 1 || tt.seen != "" && seen != tt.seen || len(seen) > 2*maxResponse {
				t.Errorf("%d calls, the last with %.100q, after %d requests", calls, seen, sink.Visits())
			}
		})
	}
}

// Check says what became of the payload, and the transport what it has learned
// about compression.
func TestPayloadThatCheckRejectsIsSentPlainOnce(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   int
		text     string
		err      func(error) error
		requests int // for two payloads
		encoded  int // of them compressed
	}{
		{"by its status", 415, "", Permanent, 3, 1},
		{"by its words", 400, "unknown encoding", Split, 3, 1},
		{"rejected for another reason", 400, "no such metric", Split, 2, 2},
		{"to be sent later", 503, "cannot decompress", func(err error) error { return RetryAfter(0, err) }, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requests, encoded := 0, 0
			sink := faultsink.NewHTTP(t, func(w http.ResponseWriter, r *http.Request, body string, s *faultsink.Sink) string {
				requests++
				if r.Header.Get("Content-Encoding") == "" {
					return faultsink.OK()(w, r, body, s)
				}
				encoded++
				return faultsink.Refuses(tt.status, tt.text)(w, r, body, s)
			})
			tr := open(t, "http://"+sink.Addr()+"/", DialOptions{Gzip: true, Check: func(resp *http.Response, body string) error {
				if resp.StatusCode == 204 {
					return nil
				}
				return tt.err(ResponseError(resp, body))
			}}).(Messenger)
			defer tr.Close()
			for range 2 {
				if err := tr.Deliver(t.Context(), numbered(0, 1000)); (err == nil) != (tt.requests == 3) {
					t.Errorf("Deliver() = %v", err)
				}
			}
			if requests != tt.requests || encoded != tt.encoded {
				t.Errorf("%d requests, of them %d compressed; want %d and %d", requests, encoded, tt.requests, tt.encoded)
			}
		})
	}
}
