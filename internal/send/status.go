package send

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// verdict is what an answer means.
type verdict func(resp *http.Response, text string, err error) error

// answers is read from the top; the first row that fits counts. What the text
// says stands above the status: servers have told of a partial write with 400,
// 422 and 500.
var answers = []struct {
	from, to int    // status
	text     string // in the answer, in lower case; "" is any
	verdict  verdict
}{
	{200, 299, "", accepted},
	{300, 599, "hinted handoff queue not empty", accepted},
	{400, 599, "partial write", partly},
	{500, 500, "field type conflict", partly},
	{300, 399, "", wrongSetup}, // another address
	{400, 400, "", halve},      // nothing stored, because of some lines
	{401, 401, "", wrongSetup}, // a token may be renewed
	{403, 404, "", wrongSetup}, // a database may be created
	{408, 408, "", unknown},
	{413, 413, "", cutDown},
	{429, 429, "", later},
	{503, 503, "", later},
	{400, 499, "", refusedForGood},
	{500, 599, "", unknown},
}

// judge returns what to do after an answer; nil means that all is stored.
func judge(resp *http.Response, text string) error {
	err := fmt.Errorf("the server answers %s: %s", statusOf(resp), excerpt(text))
	lower := strings.ToLower(text)
	for _, a := range answers {
		if resp.StatusCode >= a.from && resp.StatusCode <= a.to && strings.Contains(lower, a.text) {
			return a.verdict(resp, text, err)
		}
	}
	return Ambiguous(err)
}

// statusOf does not repeat the reason phrase of the server, which is free text.
func statusOf(resp *http.Response) string {
	s := strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
	if to, err := resp.Location(); err == nil && to != nil {
		s += " to " + to.Scheme + "://" + to.Host + "; write that address instead"
	}
	return s
}

// excerpt is for logs: one line, not long.
func excerpt(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

func accepted(*http.Response, string, error) error { return nil }

func halve(_ *http.Response, _ string, err error) error { return Split(err) }

func cutDown(_ *http.Response, _ string, err error) error { return TooLarge(err) }

func refusedForGood(_ *http.Response, _ string, err error) error { return Permanent(err) }

func unknown(_ *http.Response, _ string, err error) error { return Ambiguous(err) }

func later(resp *http.Response, _ string, err error) error {
	return RetryAfter(retryAfter(resp.Header.Get("Retry-After"), time.Now()), err)
}

// Somebody has to repair it, which takes longer than the first backoffs.
func wrongSetup(_ *http.Response, _ string, err error) error { return RetryAfter(30*time.Second, err) }

func partly(_ *http.Response, text string, err error) error { return Partial(rejectedLines(text), err) }

var droppedCount = regexp.MustCompile(`\bdropped=(\d{1,9})\b`)

// rejectedLines is what the answer says. Versions 1 and 2 count, version 3
// lists the lines, and if nobody says anything it was one at least.
func rejectedLines(text string) int {
	if m := droppedCount.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil {
			return n
		}
	}
	return max(strings.Count(text, `"line_number"`), 1)
}

// retryAfter reads seconds or a date; zero if it is neither.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
