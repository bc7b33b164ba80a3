package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"time"

	"monkit.example/internal/web"
	"monkit.example/reporters/recent"
)

//go:embed demo.html
var demoHTML string

var demoTemplate = template.Must(template.New("demo.html").Parse(demoHTML))

// maxQuery is the size limit of the filter in bytes.
const maxQuery = 200

// demoPage is the handler of the page, which lists the series of the store.
type demoPage struct {
	store   *recent.Store
	tally   func() tally
	first   string // the scope that is listed before all others
	started time.Time
}

// demoHandler serves the page, the debug pages of the service below /service/,
// everything for Prometheus at /metrics, and the service itself below /videos.
func demoHandler(p *demoPage, debug, metrics, service http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /{$}", p)
	web.Assets(m)
	m.Handle("/service/", http.StripPrefix("/service", debug))
	m.Handle("/metrics", metrics)
	m.Handle("/videos", service)
	m.Handle("/videos/", service)
	return web.OnlyLocal(m)
}

// demoView is the data of the template.
type demoView struct {
	Query          string
	Tally          tally
	Now            time.Time
	Span           string // the time that the sparklines show
	Shown, Matched int
	Scopes         []*scopeRows
	All            []string // the names of all scopes
}

func (p *demoPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	if len(query) > maxQuery {
		web.Error(w, http.StatusBadRequest, fmt.Sprintf("q: the filter has more than %d bytes; write a shorter one", maxQuery))
		return
	}
	web.Write(w, demoTemplate, p.view(query, time.Now()))
}

func (p *demoPage) view(query string, now time.Time) demoView {
	span := min(max(now.Sub(p.started), time.Minute), demoWindow)
	r := rowBuilder{store: p.store, query: query, first: p.first, from: now.Add(-span), to: now}
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

// scopes returns the scopes of all series, sorted.
func (p *demoPage) scopes() []string {
	seen := make(map[string]bool)
	for s := range p.store.Series(nil) {
		if scope := s.Key.Tags.Get("scope"); scope != "" {
			seen[scope] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
