package webpage

import (
	"net/http"
	"strings"
	"testing"
)

func TestSetHeaders(t *testing.T) {
	h := http.Header{}
	SetHeaders(h, "img-src 'self'")
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; " +
			"frame-ancestors 'none'; img-src 'self'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cache-Control":                "no-store",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestHeadersWithoutDirectives(t *testing.T) {
	h := http.Header{}
	SetHeaders(h, "")
	if got := h.Get("Content-Security-Policy"); got != basePolicy {
		t.Errorf("the policy is %q", got)
	}
}

func TestAllowStyleAddsASource(t *testing.T) {
	h := http.Header{}
	SetHeaders(h, "img-src 'self'")
	AllowStyle(h, "'sha256-x'")
	if got, want := h.Get("Content-Security-Policy"), "style-src 'self' 'sha256-x'; form-action"; !strings.Contains(got, want) {
		t.Errorf("the policy is %q, want %q in it", got, want)
	}
}

func TestQuality(t *testing.T) {
	for q, want := range map[string]float64{
		"": 1, "1": 1, "0": 0, "0.5": 0.5, "1.000": 1, "0.001": 0.001,
		"1.1": 0, "-1": 0, "NaN": 0, "Inf": 0, "x": 0, " 1": 0, "1e400": 0,
	} {
		if got := Quality(q); got != want {
			t.Errorf("Quality(%q) = %v, want %v", q, got, want)
		}
	}
}
