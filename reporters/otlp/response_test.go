package otlp

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestErrorOfAResponseIsOneLine(t *testing.T) {
	for text, want := range map[string]string{
		`{"message":"no such\ntenant"}`: "the server responded with 404 Not Found: no such tenant",
		"<html>\x00\xffoops":            "the server responded with 404 Not Found: <html> oops",
		strings.Repeat("ä", 200):        "the server responded with 404 Not Found: " + strings.Repeat("ä", 100) + "…",
		`{"message":""}`:                `the server responded with 404 Not Found: {"message":""}`,
	} {
		if _, err := checkResponse(&http.Response{StatusCode: 404}, text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add(200, `{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"x"}}`, "")
	f.Add(503, `{"code":14,"message":"x"}`, "7")
	f.Add(302, "", "http://h/")
	f.Fuzz(func(t *testing.T, status int, text, header string) {
		r := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {header}, "Location": {header}}}
		warning, err := checkResponse(r, text)
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
