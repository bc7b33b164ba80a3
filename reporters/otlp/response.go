package otlp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"monkit.example/internal/send"
)

// response is the answer to a request.
type response struct {
	status int
	header http.Header
	text   string // the start of the body
}

// check returns what to do with the points, as an error of internal/send, or nil
// if the server accepted all. warning is what it said beside that.
func (r response) check(now time.Time) (warning string, err error) {
	if r.status/100 == 2 {
		return r.checkAccepted()
	}
	err = r.asError()
	switch r.status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "", send.RetryAfter(retryAfter(r.header.Get("Retry-After"), now), err)
	case http.StatusBadRequest:
		return "", send.Split(err) // the request must not be sent again, but its good points may
	case http.StatusRequestEntityTooLarge:
		return "", send.TooLarge(err)
	}
	if r.status/100 == 3 {
		return "", send.RetryAfter(redirectWait, err)
	}
	return "", send.Permanent(err)
}

// redirectWait is the wait after a redirect, which lasts until a person changes
// the address or the server.
const redirectWait = 30 * time.Second

// checkAccepted examines the body of a success. Bodies that are empty, or no
// JSON, are those of servers that have nothing to say.
func (r response) checkAccepted() (warning string, err error) {
	const rejectedKey = "rejectedDataPoints"
	var body struct {
		PartialSuccess struct {
			Rejected json.Number `json:"rejectedDataPoints"` // a number or a string
			Message  string      `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal([]byte(r.text), &body) != nil {
		if strings.Contains(r.text, rejectedKey) {
			return "", send.Partial(1, fmt.Errorf("the server rejected points, at least one: %s", excerpt(r.text)))
		}
		return "", nil
	}
	message := excerpt(body.PartialSuccess.Message)
	if n := atLeastZero(body.PartialSuccess.Rejected); n > 0 {
		return "", send.Partial(n, fmt.Errorf("the server rejected %d points: %s", n, message))
	}
	return message, nil
}

// atLeastZero returns a number of points. More than fit into an int are rejected
// by no server.
func atLeastZero(n json.Number) int {
	v, err := strconv.ParseInt(n.String(), 10, 32)
	if err != nil && v == 0 {
		return 0
	}
	return int(max(v, 0))
}

// asError returns the response as an error: the status with its standard text,
// and what the server said. Of a redirect it shows the host only, since the rest
// of the address may contain credentials.
func (r response) asError() error {
	s := strconv.Itoa(r.status) + " " + http.StatusText(r.status)
	if to, err := url.Parse(r.header.Get("Location")); err == nil && r.status/100 == 3 && to.Host != "" {
		s += " to " + to.Scheme + "://" + to.Host + "; write that address instead"
	}
	var status struct {
		Message string `json:"message"`
	}
	text := r.text
	if json.Unmarshal([]byte(text), &status) == nil && status.Message != "" {
		text = status.Message
	}
	return fmt.Errorf("the server responded with %s: %s", s, excerpt(text))
}

// maxExcerpt is how many bytes of a response an error has.
const maxExcerpt = 200

// excerpt returns the start of text as one line that a log can show.
func excerpt(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxExcerpt {
		text = strings.ToValidUTF8(text[:maxExcerpt], "") + "…"
	}
	return text
}

// retryAfter parses the header of that name, which is seconds or a date. It
// returns zero if it is neither. internal/send bounds the result.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, 3600)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
