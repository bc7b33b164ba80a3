package web

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/internal/hostile"
	"monkit.example/internal/webpage"
)

func TestResponsesHaveSecurityHeaders(t *testing.T) {
	page := template.Must(template.New("").Parse("<p>{{.}}</p>"))
	broken := template.Must(template.New("").Parse("<p>{{.Nothing}}</p>"))
	assets := http.NewServeMux()
	Assets(assets)
	write := func(f func(w http.ResponseWriter)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f(w) })
	}
	for _, tt := range []struct {
		name, path, kind, body string
		code                   int
		h                      http.Handler
	}{
		{"page", "/", "text/html", "<p>&lt;b&gt;</p>", 200, write(func(w http.ResponseWriter) { Write(w, page, "<b>") })},
		{"template that fails", "/", "text/plain", "page: ", 500, write(func(w http.ResponseWriter) { Write(w, broken, 1) })},
		{"text", "/", "text/plain", "<b>", 200, write(func(w http.ResponseWriter) { WriteText(w, "<b>") })},
		{"JSON", "/", "application/json", "1\n", 200, write(func(w http.ResponseWriter) { WriteJSON(w, 1) })},
		{"value that has no JSON form", "/", "text/plain", "json: ", 500, write(func(w http.ResponseWriter) { WriteJSON(w, func() {}) })},
		{"base stylesheet", "/style.css", "text/css", webpage.Style, 200, assets},
		{"stylesheet", "/style.css", "text/css", ".sparkline", 200, assets},
		{"script", "/live.js", "text/javascript", "live", 200, assets},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			tt.h.ServeHTTP(rec, httptest.NewRequest("GET", tt.path, nil))
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.body) || !strings.HasPrefix(rec.Header().Get("Content-Type"), tt.kind) {
				t.Errorf("%d %s %q", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
			}
			if rec.Header().Get("X-Content-Type-Options") != "nosniff" || tt.code == 200 && !strings.HasSuffix(rec.Header().Get("Content-Security-Policy"), "; script-src 'self'; connect-src 'self'") {
				t.Errorf("headers are %v", rec.Header())
			}
		})
	}
}

func TestOnlyLocal(t *testing.T) {
	h := OnlyLocal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { WriteText(w, "secret") }))
	for host, want := range map[string]int{"127.0.0.1:1": 200, "localhost": 200, "[::1]:1": 200, "rebound.example": 403, "": 403} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != want || (want != 200) == strings.Contains(rec.Body.String(), "secret") {
			t.Errorf("host %q: %d %q", host, rec.Code, rec.Body)
		}
	}
}

func TestOnlyLocalRefusesPagesOfOtherSites(t *testing.T) {
	h := OnlyLocal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { WriteText(w, "secret") }))
	r := httptest.NewRequest("GET", "http://127.0.0.1:1/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, r); rec.Code != http.StatusForbidden || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

// TestResponsesPrint covers every function of this package that responds.
func TestResponsesPrint(t *testing.T) {
	page := template.Must(template.New("").Parse(`<p title="{{.}}">{{.}}</p>`))
	for _, text := range hostile.Texts {
		for name, respond := range map[string]func(http.ResponseWriter){
			"page":  func(w http.ResponseWriter) { Write(w, page, text) },
			"text":  func(w http.ResponseWriter) { WriteText(w, text) },
			"JSON":  func(w http.ResponseWriter) { WriteJSON(w, map[string]string{text: text}) },
			"error": func(w http.ResponseWriter) { Error(w, http.StatusBadRequest, text) },
		} {
			rec := httptest.NewRecorder()
			respond(rec)
			if bad := hostile.Unprintable(rec.Body.String()); bad != "" {
				t.Errorf("%s of %q has %q", name, text, bad)
			}
		}
	}
}
