package otlp

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-7": 0, "x": 0, "1.5": 0,
		"18446744073709551615":          time.Hour,
		"Wed, 02 Jan 2030 03:05:05 GMT": time.Minute,
		"Wed, 02 Jan 2030 03:03:05 GMT": 0,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestHostHasNoImpliedPort(t *testing.T) {
	for addr, want := range map[string]string{
		"http://h:80/": "h", "http://h:443/": "h:443", "https://h:443/": "h", "https://h:80/": "h:80", "http://h:4318/": "h:4318", "http://[::1]:80/": "[::1]",
	} {
		u, err := url.Parse(addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostOf(u); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}

func TestErrorOfAResponseIsOneLine(t *testing.T) {
	for text, want := range map[string]string{
		`{"message":"no such\ntenant"}`: "the server responded with 404 Not Found: no such tenant",
		"<html>\x00\xffoops":            "the server responded with 404 Not Found: <html> oops",
		strings.Repeat("ä", 200):        "the server responded with 404 Not Found: " + strings.Repeat("ä", 100) + "…",
		`{"message":""}`:                `the server responded with 404 Not Found: {"message":""}`,
	} {
		if got := (response{status: 404, header: http.Header{}, text: text}).asError().Error(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add(200, `{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"x"}}`, "")
	f.Add(503, `{"code":14,"message":"x"}`, "7")
	f.Add(302, "", "http://h/")
	f.Fuzz(func(t *testing.T, status int, text, header string) {
		r := response{status: status, header: http.Header{"Retry-After": {header}, "Location": {header}}, text: text}
		warning, err := r.check(time.Now())
		if err != nil && warning != "" {
			t.Errorf("both the warning %q and %v", warning, err)
		}
		if err != nil {
			warning = err.Error()
		}
		if strings.ContainsAny(warning, "\n\r\x00") || !utf8.ValidString(warning) {
			t.Errorf("a log cannot show %q", warning)
		}
		if (err == nil) != (status/100 == 2) && status/100 != 2 {
			t.Errorf("%d is a success", status)
		}
	})
}
