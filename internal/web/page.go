package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"monkit.example/internal/webpage"
)

//go:embed style.css
var style string

//go:embed live.js
var script string

// SetHeaders sets the security headers of a response. The page may load what
// Assets serves, and load itself again.
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

// Write answers with a page, or with what went wrong in making it.
func Write(w http.ResponseWriter, t *template.Template, view any) {
	var page bytes.Buffer
	if err := t.Execute(&page, view); err != nil {
		http.Error(w, "page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page.Bytes()) // who left needs no page
}

// WriteText answers with plain text.
func WriteText(w http.ResponseWriter, text string) {
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, text) // who left needs no answer
}

// WriteJSON answers with v, indented for people.
func WriteJSON(w http.ResponseWriter, v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, "json: "+err.Error(), http.StatusInternalServerError)
		return
	}
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(text, '\n')) // who left needs no answer
}

// OnlyLocal refuses requests for any other host than this one: a page from
// elsewhere could have a name of its own resolve to a loopback address.
func OnlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLocal(r.Host) {
			SetHeaders(w.Header())
			http.Error(w, "this page is for the machine it runs on: ask for 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
