package send

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// responses lists what a response means. The first row that matches decides.
// Rows with a text precede those that cover the same status, because servers
// have reported a partial write with 400, 422 and 500.
var responses = []struct {
	from, to int     // status
	text     string  // part of the body, in lower case; "" matches any
	meaning  meaning // what checkResponse returns
}{
	{200, 299, "", asStored},
	{300, 599, "hinted handoff queue not empty", asStored},
	{400, 599, "partial write", asPartial},
	{500, 500, "field type conflict", asPartial},
	{300, 399, "", asMisconfigured}, // another address
	{400, 400, "", asSplit},         // nothing is stored, because of some lines
	{401, 401, "", asMisconfigured}, // a token may be renewed
	{403, 404, "", asMisconfigured}, // a database may be created
	{408, 408, "", asAmbiguous},
	{413, 413, "", asTooLarge},
	{429, 429, "", asRetryAfter},
	{503, 503, "", asRetryAfter},
	{400, 499, "", asPermanent},
	{500, 599, "", asAmbiguous},
}

// A meaning returns the error for a response, or nil if all lines are stored.
// err is the response as an error.
type meaning func(resp *http.Response, text string, err error) error

// checkResponse returns an error that says what to do with the payload, or nil
// if the server stored all lines. text is the body of the response.
func checkResponse(resp *http.Response, text string) error {
	err := fmt.Errorf("the server responded with %s: %s", statusOf(resp), excerpt(text))
	lower := strings.ToLower(text)
	for _, r := range responses {
		if resp.StatusCode >= r.from && resp.StatusCode <= r.to && strings.Contains(lower, r.text) {
			return r.meaning(resp, text, err)
		}
	}
	return Ambiguous(err)
}

// statusOf returns the status with its standard text, since the text that the
// server sends may be anything. Of a redirect it shows the host only: the rest
// of the address may contain credentials.
func statusOf(resp *http.Response) string {
	s := strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
	if to, err := resp.Location(); err == nil && to != nil {
		s += " to " + to.Scheme + "://" + to.Host + "; write that address instead"
	}
	return s
}

// excerpt returns the start of text as one line, for logs.
func excerpt(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

func asStored(*http.Response, string, error) error { return nil }

func asSplit(_ *http.Response, _ string, err error) error { return Split(err) }

func asTooLarge(_ *http.Response, _ string, err error) error { return TooLarge(err) }

func asPermanent(_ *http.Response, _ string, err error) error { return Permanent(err) }

func asAmbiguous(_ *http.Response, _ string, err error) error { return Ambiguous(err) }

func asRetryAfter(resp *http.Response, _ string, err error) error {
	return RetryAfter(retryAfter(resp.Header.Get("Retry-After"), time.Now()), err)
}

// asMisconfigured waits longer than the first backoffs, since a person has to
// change the configuration of the server or of this program.
func asMisconfigured(_ *http.Response, _ string, err error) error {
	return RetryAfter(30*time.Second, err)
}

func asPartial(_ *http.Response, text string, err error) error {
	return Partial(rejectedLines(text), err)
}

var droppedCount = regexp.MustCompile(`\bdropped=(\d{1,9})\b`)

// rejectedLines returns how many lines a response with a partial write reports.
// InfluxDB 1 and 2 write their number, and InfluxDB 3 lists them. If a response
// has neither, at least one line was rejected.
func rejectedLines(text string) int {
	if m := droppedCount.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil {
			return n
		}
	}
	return max(strings.Count(text, `"line_number"`), 1)
}

// retryAfter parses the header of that name, which is seconds or a date. It
// returns zero if it is neither.
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
