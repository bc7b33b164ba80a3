package send

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCheckResponse(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   int
		text     string
		kind     kind // of the error
		stored   bool // there is no error
		rejected int
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
			err := checkResponse(&http.Response{StatusCode: tt.status, Header: http.Header{}}, tt.text)
			if tt.stored != (err == nil) {
				t.Fatalf("checkResponse: %v", err)
			}
			if err == nil {
				return
			}
			if e := classify(err); e.kind != tt.kind || e.rejected != tt.rejected {
				t.Errorf("kind %d, %d rejected, want %d and %d", e.kind, e.rejected, tt.kind, tt.rejected)
			}
		})
	}
}

func TestWaitThatAResponseAsksFor(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{307, "", 30 * time.Second}, {401, "", 30 * time.Second}, {403, "", 30 * time.Second}, {404, "", 30 * time.Second},
		{429, "7", 7 * time.Second}, {503, "7", 7 * time.Second}, {429, "", 0},
		{401, "7", 30 * time.Second}, {500, "7", 0},
	} {
		h := http.Header{}
		if tt.header != "" {
			h.Set("Retry-After", tt.header)
		}
		err := checkResponse(&http.Response{StatusCode: tt.status, Header: h}, "")
		if e := classify(err); e.after != tt.want {
			t.Errorf("status %d with Retry-After %q waits %v, want %v", tt.status, tt.header, e.after, tt.want)
		}
	}
}

func TestExcerptIsOneShortLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"lines are joined", " a\r\n\tb\n", "a b"},
		{"200 bytes are whole", strings.Repeat("x", 200), strings.Repeat("x", 200)},
		{"more are cut", strings.Repeat("x", 201), strings.Repeat("x", 200) + "…"},
		{"no character is cut", strings.Repeat("x", 199) + "ä", strings.Repeat("x", 199) + "…"},
	} {
		if got := excerpt(tt.in); got != tt.want {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

func TestRedirectErrorNamesTheOtherHostOnly(t *testing.T) {
	h := http.Header{"Location": {"https://user:geheim@other.example/write?p=geheim"}}
	err := checkResponse(&http.Response{StatusCode: 307, Header: h}, "moved")
	want := "the server responded with 307 Temporary Redirect to https://other.example; write that address instead: moved"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestRetryAfterHeader(t *testing.T) {
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
