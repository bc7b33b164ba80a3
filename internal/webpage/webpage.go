// Package webpage holds what the pages of present, the relay and the demo
// share: [Serve] serves them with limits, [Compress] compresses a response,
// [RefusedBody] bounds how long a request may take to arrive,
// [RefuseCrossSite] and [Names] keep pages of other sites out, [SetHeaders] sets
// the security headers of a response, [Error] responds with an error,
// [BeginWalk] bounds the work at a time, and [Style] is the base stylesheet.
package webpage

import (
	_ "embed"
	"io"
	"net/http"
	"strings"

	"monkit.example/internal/printable"
)

// Style is the base stylesheet: colors, tables, forms and links. A server
// appends the rules of its own pages to it.
//
//go:embed style.css
var Style string

// basePolicy is the Content-Security-Policy of every page. Markup that got
// into a page through a name or a value can load nothing with it, send forms
// nowhere else, and be shown in no frame.
const basePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SetHeaders sets the security headers of a response, and forbids caches to
// store it: a page shows one moment. allow has the directives of the
// Content-Security-Policy that a page needs beyond the base policy; it may be
// empty.
func SetHeaders(h http.Header, allow string) {
	policy := basePolicy
	if allow != "" {
		policy += "; " + allow
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// AllowStyle adds a source to those that the policy in h takes styles from.
func AllowStyle(h http.Header, source string) {
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "style-src 'self'", "style-src 'self' "+source, 1))
}

// Error responds with a status and an error text in which everything that does
// not print is escaped.
func Error(w http.ResponseWriter, status int, text string) {
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(printable.Text([]byte(text))) // fails only if the client has disconnected
	io.WriteString(w, "\n")
}
