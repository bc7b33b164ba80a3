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
func Write(w http.ResponseWriter, t *template.Template, view any) {
	var page bytes.Buffer
	if err := t.Execute(&page, view); err != nil {
		http.Error(w, "page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page.Bytes()) // fails only if the client has disconnected
}

// WriteText responds with plain text.
func WriteText(w http.ResponseWriter, text string) {
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, text) // fails only if the client has disconnected
}

// WriteJSON responds with v as indented JSON.
func WriteJSON(w http.ResponseWriter, v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, "json: "+err.Error(), http.StatusInternalServerError)
		return
	}
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(text, '\n')) // fails only if the client has disconnected
}

// OnlyLocal rejects requests whose Host is not local. Else a page of an
// attacker could read these pages through a name that the attacker lets resolve
// to a loopback address (DNS rebinding).
func OnlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLocal(r.Host) {
			SetHeaders(w.Header())
			http.Error(w, "this page is for local users only; open it as 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
