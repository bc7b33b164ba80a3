package send

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// respondWith is checkResponse of a response to payload with that status and text.
func respondWith(status int, h http.Header, text, payload string) error {
	return checkResponse(&http.Response{StatusCode: status, Header: h}, parseAnswer(text, []byte(payload), nil))
}

func TestCheckResponse(t *testing.T) {
	const payload = "a v=1\nb v=2\nx v=1u 17\nz,msg=it's v=1u\ny v=\"partial write\"u\n"
	const x, y, z = `unable to parse 'x v=1u 17': invalid number`, `unable to parse 'y v=\"partial write\"u': bad field`, `unable to parse 'z,msg=it's v=1u': invalid number`
	for _, tt := range []struct {
		name     string
		status   int
		text     string
		kind     kind // of the error
		stored   bool // there is no error
		rejected int
		named    string // indexes; ~ is before those that are not exact
	}{
		{"stored", 204, "", 0, true, 0, ""},
		{"any 2xx", 202, "", 0, true, 0, ""},
		{"hinted handoff", 500, `{"error":"hinted handoff queue not empty"}`, 0, true, 0, ""},
		{"v1 conflict", 400, `{"error":"partial write: field type conflict: x dropped=3"}`, partial, false, 3, ""},
		{"v1 conflict of a misleading name", 400, `{"error":"partial write: conflict: measurement \"dropped=1\" dropped=3"}`, partial, false, 3, ""},
		{"v1 lines that cannot be parsed", 400, `{"error":"partial write: ` + x + `\n` + z + ` dropped=0"}`, partial, false, 2, "2 3"},
		{"v1 such lines and conflicts", 400, `{"error":"partial write: ` + x + ` dropped=2"}`, partial, false, 3, "2"},
		{"v1 more than were sent", 400, `{"error":"partial write: ` + x + ` dropped=99999999999999999999"}`, partial, false, 5, "2"},
		{"v1 nothing dropped", 400, `{"error":"partial write: dropped=0"}`, partial, false, 0, ""},
		{"v1 as plain text", 400, "partial write: " + x + " dropped=0", partial, false, 1, "2"},
		{"v1 retention", 400, `{"error":"partial write: points beyond retention policy dropped=2"}`, partial, false, 2, ""},
		{"v1 no line can be parsed", 400, `{"error":"` + x + `\n` + z + `"}`, split, false, 0, "2 3"},
		{"v1 a line that reads like a partial write", 400, `{"error":"` + y + `"}`, split, false, 0, "4"},
		{"v1 a line that the payload does not have", 400, `{"error":"unable to parse 'partial write': missing fields"}`, split, false, 0, ""},
		{"v1 a quote without an end", 400, `{"error":"unable to parse 'partial write"}`, split, false, 0, ""},
		{"v1 retention policy", 400, `{"error":"retention policy not found: rp"}`, retry, false, 0, ""},
		{"v1.6 retention policy", 500, `{"error":"retention policy not found: rp"}`, retry, false, 0, ""},
		{"v1 no database in the address", 400, `{"error":"database is required"}`, retry, false, 0, ""},
		{"v2 conflict", 422, `{"code":"unprocessable entity","message":"failure: partial write: dropped=2"}`, partial, false, 2, ""},
		{"v2 invalid", 400, `{"code":"invalid"}`, split, false, 0, ""},
		{"v2 quotes a line", 400, `{"code":"invalid","message":"` + x + `"}`, split, false, 0, "2"},
		{"early v2 partial", 500, `{"message":"unexpected error: Partial write: type conflict"}`, partial, false, 1, ""},
		{"early v2 conflict", 500, `field type conflict: x`, partial, false, 1, ""},
		{"conflict of another status", 502, `field type conflict: x`, ambiguous, false, 0, ""},
		{"v3 partial", 400, `{"error":"partial write of line protocol occurred","data":[{"original_line":"b v=2","line_number":2,"error_message":"no"},{"original_line":"x v=1u 17","line_number":3,"error_message":"no"}]}`, partial, false, 2, "1 2"},
		{"v3 limit", 422, `{"error":"partial write of line protocol occurred","data":[{"original_line":"a v=1","line_number":1,"error_message":"limit"}]}`, partial, false, 1, "0"},
		{"v3 cuts a line", 400, `{"error":"partial write of line protocol occurred","data":[{"original_line":"z,msg=i...","line_number":4}]}`, partial, false, 1, "3"},
		{"v3 numbers alone", 400, `{"error":"partial write of line protocol occurred","data":[{"line_number":2},{"line_number":99}]}`, partial, false, 2, "~1"},
		{"v3 a list as long as it can be", 400, `{"error":"partial write of line protocol occurred","data":[{"original_line":"a v=1","line_number":1}` + strings.Repeat(`,{"line_number":2}`, 99) + `]}`, split, false, 0, "0 ~1"},
		{"v3 nothing is stored", 400, `{"error":"parsing failed for write_lp endpoint","data":{"original_line":"b v=2","line_number":2,"error_message":"no"}}`, split, false, 0, "1"},
		{"v3 by the path of v2", 400, `{"code":"invalid","message":"parsing failed"}`, split, false, 0, ""},
		{"QuestDB numbers a line", 400, `{"code":"invalid","message":"error in line 3","line":3,"errorId":"e"}`, split, false, 0, "~2"},
		{"a number that no line has", 400, `{"code":"invalid","message":"no","line":6}`, split, false, 0, ""},
		{"no token", 401, "", retry, false, 0, ""},
		{"no permission", 403, "", retry, false, 0, ""},
		{"no database", 404, `database not found: "x"`, retry, false, 0, ""},
		{"wrong version", 405, "", permanent, false, 0, ""},
		{"no token for the proxy", 407, "", retry, false, 0, ""},
		{"timeout", 408, "", ambiguous, false, 0, ""},
		{"too large", 413, "", tooLarge, false, 0, ""},
		{"unprocessable", 422, "", permanent, false, 0, ""},
		{"wrong connection", 421, "", retry, false, 0, ""},
		{"too early", 425, "", retry, false, 0, ""},
		{"too many", 429, "", retry, false, 0, ""},
		{"teapot", 418, "", permanent, false, 0, ""},
		{"broken", 500, "", ambiguous, false, 0, ""},
		{"bad gateway", 502, "", ambiguous, false, 0, ""},
		{"overload", 503, "", retry, false, 0, ""},
		{"redirect", 307, "", retry, false, 0, ""},
		{"an unknown status", 600, "", ambiguous, false, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := respondWith(tt.status, http.Header{}, tt.text, payload)
			if tt.stored != (err == nil) {
				t.Fatalf("checkResponse: %v", err)
			}
			if err == nil {
				return
			}
			e := classify(err)
			if e.kind != tt.kind || e.rejected != tt.rejected || indexesOf(e.named) != tt.named {
				t.Errorf("kind %d, %d rejected, named %q, want %d, %d and %q", e.kind, e.rejected, indexesOf(e.named), tt.kind, tt.rejected, tt.named)
			}
		})
	}
}

// indexesOf returns the indexes of named, with ~ before those that are not exact.
func indexesOf(named []namedLine) string {
	var all []string
	for _, l := range named {
		mark := "~"
		if l.exact {
			mark = ""
		}
		all = append(all, mark+strconv.Itoa(l.index))
	}
	return strings.Join(all, " ")
}

func TestProblemOfAResponse(t *testing.T) {
	for _, tt := range []struct {
		status  int
		want    Problem
		longest bool
		advice  string
	}{
		{307, Config, true, ""}, {401, Auth, true, "check user, password or token"}, {403, Auth, true, "what they may write"},
		{404, NotFound, true, "database or bucket exists"}, {405, Config, false, "the path of the address takes no lines"},
		{429, "", false, ""}, {500, "", false, ""}, {400, "", false, ""},
	} {
		e := classify(respondWith(tt.status, http.Header{}, "", "a 1\n"))
		if e.Problem() != tt.want || e.longest != tt.longest || !strings.Contains(e.Error(), tt.advice) {
			t.Errorf("status %d: problem %q, longest %v: %v", tt.status, e.Problem(), e.longest, e)
		}
	}
}

func TestWordsOfTheServerAboutALine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"quoted", `{"error":"unable to parse 'a 1': missing fields\nunable to parse 'b': bad"}`, "missing fields"},
		{"listed", `{"error":"e","data":{"original_line":"a 1","line_number":1,"error_message":"no field"}}`, "no field"},
		{"quoted by no reason", `unable to parse 'a 1'`, ""},
	} {
		e := classify(respondWith(400, http.Header{}, tt.text, "a 1\n"))
		if len(e.named) != 1 || e.named[0].why != tt.want {
			t.Errorf("%s: %+v, want %q", tt.name, e.named, tt.want)
		}
	}
}

func TestEveryLineOfAQuotedTextIsNamed(t *testing.T) {
	e := classify(respondWith(400, http.Header{}, "unable to parse 'b': no\nunable to parse 'b': no", "a\nb\nc\nb \nb"))
	if got := indexesOf(e.named); got != "1 3 4" {
		t.Errorf("named %q", got)
	}
}

func FuzzParseAnswer(f *testing.F) {
	for _, text := range []string{
		`{"error":"partial write: unable to parse 'a': no dropped=2"}`, `{"code":"invalid","line":2}`, "unable to parse ''''",
		`{"error":"partial write of line protocol occurred","data":[{"original_line":"b","line_number":2}]}`, `{"data":{"line_number":1}}`,
	} {
		f.Add(400, text, "a\nb\n\nb")
	}
	f.Fuzz(func(t *testing.T, status int, text, payload string) {
		a := parseAnswer(text, []byte(payload), nil)
		if n := a.rejected(); n < 0 || n > a.lines {
			t.Errorf("%d of %d lines are rejected", n, a.lines)
		}
		last := -1
		for _, l := range a.named {
			if l.index <= last || l.index >= a.lines {
				t.Errorf("line %d of %d is named after line %d", l.index, a.lines, last)
			}
			last = l.index
		}
		err := checkResponse(&http.Response{StatusCode: status, Header: http.Header{}}, a)
		if err == nil && (status < 200 || status >= 300) && !strings.Contains(a.words, "hinted handoff") {
			t.Errorf("status %d with %q is taken for success", status, text)
		}
	})
}

func TestWaitThatAResponseAsksFor(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{307, "", 30 * time.Second}, {401, "", 30 * time.Second}, {403, "", 30 * time.Second}, {404, "", 30 * time.Second},
		{429, "7", 7 * time.Second}, {503, "7", 7 * time.Second}, {429, "", 0}, {503, "", 0},
		{401, "7", 30 * time.Second}, {401, "70", 70 * time.Second}, {403, "9999", maxRetryAfter}, {500, "7", 0},
	} {
		h := http.Header{}
		if tt.header != "" {
			h.Set("Retry-After", tt.header)
		}
		if e := classify(respondWith(tt.status, h, "", "a 1\n")); e.after != tt.want {
			t.Errorf("status %d with Retry-After %q waits %v, want %v", tt.status, tt.header, e.after, tt.want)
		}
	}
}

// The clock of this machine may differ from the server's, which has written both.
func TestRetryAfterIsByTheClockOfTheServer(t *testing.T) {
	h := http.Header{"Date": {"Fri, 02 Jan 2026 03:04:05 GMT"}, "Retry-After": {"Fri, 02 Jan 2026 03:04:47 GMT"}}
	if e := classify(respondWith(503, h, "", "a 1\n")); e.after != 42*time.Second {
		t.Errorf("waits %v, want 42s", e.after)
	}
}

func TestExcerptIsOneShortLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"lines are joined", " a\r\n\tb\n", "a b"},
		{"200 bytes are whole", strings.Repeat("x", 200), strings.Repeat("x", 200)},
		{"more are cut", strings.Repeat("x", 201), strings.Repeat("x", 200) + "…"},
		{"what does not print is a space", "a\x00b\x1b[2Jc\u202ed\xff", "a b [2Jc d"},
		{"no character is cut", strings.Repeat("x", 199) + "ä", strings.Repeat("x", 199) + "…"},
	} {
		if got := Excerpt(tt.in); got != tt.want {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

func TestRedirectErrorNamesTheOtherHostOnly(t *testing.T) {
	const status = "the server responded with 307 Temporary Redirect"
	for to, want := range map[string]string{
		"https://user:geheim@other.example/write?p=geheim": status + " to https://other.example; write that address instead: moved",
		"http://a%80b/":  status + " to http://a b; write that address instead: moved",
		"mailto:someone": status + ": moved",
		"":               status + ": moved",
	} {
		err := respondWith(307, http.Header{"Location": {to}}, "moved", "a 1\n")
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		in   string
		want time.Duration
	}{
		{"", 0}, {"7", 7 * time.Second}, {" 7 ", 7 * time.Second}, {"0", 0}, {"-7", 0}, {"soon", 0},
		{"99999999999999999999", maxRetryAfter}, {"1.5", 0}, {"9999999999999999999", maxRetryAfter}, {"301", maxRetryAfter},
		{"Fri, 02 Jan 2026 03:05:05 GMT", time.Minute},
		{"Fri, 02 Jan 2026 03:03:05 GMT", 0},
		{"Fri, 02 Jan 2027 03:03:05 GMT", maxRetryAfter},
	} {
		if got := retryAfter(tt.in, now); got != tt.want {
			t.Errorf("retryAfter(%q) = %v, want %v", tt.in, got, tt.want)
		}
	}
}
