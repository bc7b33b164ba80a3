package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
)

//go:embed style.css live.js
var assets embed.FS

// policy lets a page load what it comes with and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SetHeaders makes an answer harmless that somebody managed to get markup
// into, and one that nobody keeps.
func SetHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// Assets serves /style.css and /live.js.
func Assets(m *http.ServeMux) {
	for _, name := range []string{"style.css", "live.js"} {
		m.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			SetHeaders(w.Header())
			http.ServeFileFS(w, r, assets, name)
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
