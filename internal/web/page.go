package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"monkit.example/internal/printable"
	"monkit.example/internal/webpage"
)

//go:embed style.css
var style string

//go:embed live.js
var script string

// SetHeaders sets the security headers of a response. They allow the script
// that Assets serves, and allow it to fetch the page again.
func SetHeaders(h http.Header) {
	webpage.SetHeaders(h, "script-src 'self'; connect-src 'self'")
}

// Assets serves /style.css and /live.js.
func Assets(m *http.ServeMux) {
	for name, text := range map[string]string{"style.css": webpage.Style + style, "live.js": script} {
		m.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			SetHeaders(w.Header())
			http.ServeContent(w, r, name, time.Time{}, strings.NewReader(text))
		})
	}
}

// Write responds with a page, or with status 500 if the template fails.
// Everything on it that does not print is escaped, as on every response of this
// package.
func Write(w http.ResponseWriter, t *template.Template, view any) {
	var page bytes.Buffer
	if err := t.Execute(&page, view); err != nil {
		Error(w, http.StatusInternalServerError, "page: "+err.Error())
		return
	}
	write(w, "text/html; charset=utf-8", printable.Text(page.Bytes()))
}

// WriteText responds with plain text.
func WriteText(w http.ResponseWriter, text string) {
	write(w, "text/plain; charset=utf-8", printable.Text([]byte(text)))
}

// WriteJSON responds with v as indented JSON. Strings keep their text; what does
// not print in them is escaped.
func WriteJSON(w http.ResponseWriter, v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		Error(w, http.StatusInternalServerError, "json: "+err.Error())
		return
	}
	write(w, "application/json", printable.JSON(append(text, '\n')))
}

// Error responds with a status and an error text.
func Error(w http.ResponseWriter, status int, text string) {
	SetHeaders(w.Header())
	webpage.Error(w, status, text)
}

func write(w http.ResponseWriter, contentType string, page []byte) {
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", contentType)
	w.Write(page) // fails only if the client has disconnected
}

// OnlyLocal rejects requests whose Host is not local, and those of pages of
// other sites. Else a page of an attacker could read these pages through a name
// that the attacker lets resolve to a loopback address (DNS rebinding), or make
// them work.
func OnlyLocal(next http.Handler) http.Handler {
	return webpage.RefuseCrossSite(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLocal(r.Host) {
			Error(w, http.StatusForbidden, "this page is for local users only; open it as 127.0.0.1 or localhost")
			return
		}
		next.ServeHTTP(w, r)
	}))
}
