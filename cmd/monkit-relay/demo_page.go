package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/reporters/recent"
)

//go:embed demo.html demo.css demo.js
var demoFiles embed.FS

var demoTemplate = template.Must(template.ParseFS(demoFiles, "demo.html"))

// demoPolicy lets the page load what it comes with and nothing else.
const demoPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxQuery bounds the filter.
const maxQuery = 200

// demoPage lists what has arrived.
type demoPage struct {
	store   *recent.Store
	tally   func() tally
	first   string // the scope that is shown before all others
	started time.Time
}

// demoHandler serves the page, the service's own pages below /service/ and
// the service itself below /videos.
func demoHandler(p *demoPage, reg *monkit.Registry, service http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /{$}", p)
	for _, name := range []string{"demo.css", "demo.js"} {
		m.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, name) })
	}
	m.Handle("/service/", http.StripPrefix("/service", present.HTTP(reg)))
	m.Handle("/videos", service)
	m.Handle("/videos/", service)
	return onlyLocal(m)
}

func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	setHeaders(w)
	http.ServeFileFS(w, r, demoFiles, name)
}

func setHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", demoPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// onlyLocal refuses requests for any other host than this one: a page from
// elsewhere could have a name of its own resolve to a loopback address.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(hostOf(r.Host)) {
			http.Error(w, "this page is for the machine it runs on: ask for 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostOf is address without its port.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// demoView is what the template shows.
type demoView struct {
	Query          string
	Tally          tally
	Now            time.Time
	Span           string // how far back the sparklines reach
	Shown, Matched int
	Scopes         []*scopeRows
	All            []string // scopes to choose from
}

func (p *demoPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	if len(query) > maxQuery {
		http.Error(w, fmt.Sprintf("q: the filter has more than %d bytes", maxQuery), http.StatusBadRequest)
		return
	}
	var page bytes.Buffer
	if err := demoTemplate.Execute(&page, p.view(query, time.Now())); err != nil {
		http.Error(w, "page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	setHeaders(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page.Bytes()) // who left needs no page
}

func (p *demoPage) view(query string, now time.Time) demoView {
	span := min(max(now.Sub(p.started), time.Minute), demoWindow)
	r := rower{store: p.store, query: query, first: p.first, from: now.Add(-span), to: now}
	v := demoView{Query: query, Tally: p.tally(), Now: now, Span: spanText(span), Scopes: r.rows(), All: p.scopes()}
	v.Shown, v.Matched = r.shown, r.matched
	return v
}

func spanText(d time.Duration) string {
	if m := int(d.Round(time.Minute).Minutes()); m > 1 {
		return fmt.Sprintf("%d minutes", m)
	}
	return "minute"
}

// scopes are those of all series, sorted.
func (p *demoPage) scopes() []string {
	seen := make(map[string]bool)
	for s := range p.store.Series(nil) {
		if scope := s.Key.Tags.Get("scope"); scope != "" {
			seen[scope] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
