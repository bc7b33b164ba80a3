package webpage

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
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

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain text stays", "plain text", "plain text"},
		{"letters of all languages stay", "Grüße 世界", "Grüße 世界"},
		{"quotes and backslashes stay", `"a\b"`, `"a\b"`},
		{"quotes and backslashes after an escape stay", "\a" + `"a\b"`, `\a"a\b"`},
		{"line break", "line\r\nbroken", `line\r\nbroken`},
		{"tab", "tab\there", `tab\there`},
		{"terminal escape", "\x1b[31mred", `\x1b[31mred`},
		{"NUL", "nul\x00", `nul\x00`},
		{"mark that reorders text", "\u202egnp.exe", `\u202egnp.exe`},
		{"character of no width", "zero\u200bwidth", `zero\u200bwidth`},
		{"line separator", "\u2028", `\u2028`},
		{"no-break space", "a\u00a0b", `a\u00a0b`},
		{"byte that is not UTF-8", "a\xffb\xfe", `a\xffb\xfe`},
		{"replacement character", "\uFFFD", "\uFFFD"},
		{"replacement character after an escape", "\x00\uFFFD", `\x00` + "\uFFFD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Printable(tt.in); got != tt.want {
				t.Errorf("Printable(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x00\x1b[2J", "\xff\uFFFD", `back\slash "quoted"`, "\u202e\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Printable(%q) = %q, which does not print", s, got)
		}
		escaped := Printable(strings.ReplaceAll(s, `\`, `\\`))
		back, err := strconv.Unquote(`"` + strings.ReplaceAll(escaped, `"`, `\"`) + `"`)
		if err != nil || back != s {
			t.Errorf("with doubled backslashes %q becomes %q, which is %q, %v", s, escaped, back, err)
		}
	})
}
