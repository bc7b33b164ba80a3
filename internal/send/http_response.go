package send

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"monkit.example/internal/endpoint"
)

// responses lists what a response means. The first row that matches decides.
// Rows with words precede those that cover the same status, because servers
// have reported a partial write with 400, 422 and 500.
var responses = []struct {
	from, to int     // status
	words    string  // part of the server's words, in lower case; "" matches any
	meaning  meaning // returns the error; nil if all lines are stored
}{
	{200, 299, "", nil},
	{300, 599, "hinted handoff queue not empty", nil},
	{400, 599, "partial write", asPartial},
	{500, 500, "field type conflict", asPartial},
	{400, 599, "retention policy not found", asNotFound}, // may be created; 500 of InfluxDB 1.6
	{400, 599, "database not found", asNotFound},         // may be created
	{400, 400, "database is required", asConfig},         // of InfluxDB 1
	{300, 399, "", asConfig},                             // another address
	{400, 400, "", asSplit},                              // nothing is stored, because of some lines
	{401, 401, "", asAuth},                               // a token may be renewed
	{403, 403, "", asAuth},                               // a permission may be granted
	{404, 404, "", asNotFound},                           // a database may be created
	{405, 405, "", asWrongVersion},
	{407, 407, "", asAuth}, // of a proxy
	{408, 408, "", asAmbiguous},
	{413, 413, "", asTooLarge},
	{421, 421, "", asRetryAfter}, // another connection is needed
	{425, 425, "", asRetryAfter}, // too early
	{429, 429, "", asRetryAfter},
	{503, 503, "", asRetryAfter},
	{400, 499, "", asPermanent},
	{500, 599, "", asAmbiguous},
}

// A meaning returns the error for a response. err is the response as an error.
type meaning func(resp *http.Response, a *answer, err error) error

// checkResponse returns an error that says what to do with the payload, or nil
// if the server stored all lines. a is the body of the response.
func checkResponse(resp *http.Response, a *answer) error {
	mean := meaning(asAmbiguous)
	for _, r := range responses {
		if resp.StatusCode >= r.from && resp.StatusCode <= r.to && strings.Contains(a.words, r.words) {
			mean = r.meaning
			break
		}
	}
	if mean == nil {
		return nil
	}
	return mean(resp, a, ResponseError(resp, a.text))
}

// ResponseError returns the status of resp, and the start of what the server
// says, as an error of one line.
func ResponseError(resp *http.Response, text string) error {
	return fmt.Errorf("the server responded with %s: %s", statusOf(resp), Excerpt(text))
}

// statusOf returns the status with its standard text, since the text that the
// server sends may be anything. Of a redirect it shows the host only: the rest
// of the address may contain credentials.
func statusOf(resp *http.Response) string {
	s := strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
	if to, err := resp.Location(); err == nil && to.Host != "" && resp.StatusCode/100 == 3 {
		s += " to " + to.Scheme + "://" + Excerpt(to.Host) + "; write that address instead"
	}
	return s
}

// Excerpt returns the start of text of a peer as one line, for logs and errors. What
// does not print is a space in it, and what looks like a credential is masked: a
// server may quote the headers and lines that it got.
func Excerpt(text string) string {
	const most = 200
	if len(text) > 8*most {
		text = text[:8*most] + "…" // the rest can only be cut; it may hold the end of a password
	}
	text = endpoint.RedactText(text, math.MaxInt) // before lines are joined, since a header ends with its line
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func asSplit(_ *http.Response, a *answer, err error) error { return splitAt(a.named, err) }

func asTooLarge(_ *http.Response, _ *answer, err error) error { return TooLarge(err) }

func asPermanent(_ *http.Response, _ *answer, err error) error { return Permanent(err) }

func asAmbiguous(_ *http.Response, _ *answer, err error) error { return Ambiguous(err) }

func asRetryAfter(resp *http.Response, _ *answer, err error) error {
	return RetryAfter(WaitOf(resp), err)
}

func asConfig(resp *http.Response, _ *answer, err error) error {
	return Misconfigured(Config, WaitOf(resp), err)
}

func asAuth(resp *http.Response, _ *answer, err error) error {
	return Misconfigured(Auth, WaitOf(resp), fmt.Errorf("%w; check user, password or token, and what they may write", err))
}

func asNotFound(resp *http.Response, _ *answer, err error) error {
	return Misconfigured(NotFound, WaitOf(resp), fmt.Errorf("%w; check the path of the address, and that its database or bucket exists", err))
}

func asWrongVersion(_ *http.Response, _ *answer, err error) error {
	return &Error{Err: fmt.Errorf("%w; the path of the address takes no lines: check it, and the version of the server", err),
		kind: permanent, problem: Config}
}

// asPartial counts the lines that the server reports. If its list is as long as a
// list can be, more lines may be rejected: those that it names are removed and the
// others sent again, which stores the same values once more.
func asPartial(_ *http.Response, a *answer, err error) error {
	if a.listed >= maxListed && len(a.named) > 0 {
		return splitAt(a.named, err)
	}
	return partialAt(a.named, a.rejected(), err)
}

// WaitOf returns the wait that a response asks for, or zero. A date is compared
// with the server's own clock, if the response has it.
func WaitOf(resp *http.Response) time.Duration {
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return retryAfter(resp.Header.Get("Retry-After"), now)
}

// retryAfter parses the header of that name, which is seconds or a date. It
// returns zero if it is neither.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil { // too many digits
			return maxRetryAfter
		}
		return time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
