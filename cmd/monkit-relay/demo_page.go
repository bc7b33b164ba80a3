package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"monkit.example/internal/web"
	"monkit.example/internal/webpage"
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
	feed    feed
}

// demoHandler serves the page, the debug pages of the service below /service/,
// everything for Prometheus at /metrics, and the service itself below /videos.
func demoHandler(p *demoPage, debug, metrics, service http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /{$}", p)
	m.HandleFunc("GET /changes", p.serveChanges)
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
	Functions      []function
	TallyID        int    // of its line in the feed
	Numbering      string // of the feed
	Generation     int64  // of the feed
}

func (p *demoPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	if len(query) > maxQuery {
		web.Error(w, http.StatusBadRequest, fmt.Sprintf("q: the filter has more than %d bytes; write a shorter one", maxQuery))
		return
	}
	var view demoView
	if walk(w, r, func() { view = p.view(query, time.Now()) }) {
		web.Write(w, demoTemplate, view)
	}
}

// walk calls read when few other pages walk. If the request ends before that, it
// responds with an error and returns false.
func walk(w http.ResponseWriter, r *http.Request, read func()) bool {
	walk, err := webpage.BeginWalk(r.Context())
	if err != nil {
		web.Error(w, http.StatusServiceUnavailable, err.Error())
		return false
	}
	defer walk.End()
	read()
	return true
}

func (p *demoPage) view(query string, now time.Time) demoView {
	p.feed.mu.Lock()
	defer p.feed.mu.Unlock()
	p.feed.refreshLocked(p, now)
	from, span := p.window(now)
	r := rowBuilder{store: p.store, query: query, first: p.first, from: from, to: now, ids: p.feed.numbers}
	v := demoView{
		Query: query, Tally: p.tally(), Now: now, Span: spanText(span), Scopes: r.rows(), All: p.scopes(),
		Functions: p.feed.functions, TallyID: p.feed.numbers[tallyLine],
		Numbering: p.feed.numbering, Generation: p.feed.generation,
	}
	v.Shown, v.Matched = r.shown, r.matched
	return v
}

// window returns when the sparklines begin and how much time they show.
func (p *demoPage) window(now time.Time) (from time.Time, span time.Duration) {
	span = min(max(now.Sub(p.started), time.Minute), demoWindow)
	return now.Add(-span), span
}

// maxChanges is of how many lines one request asks at most.
const maxChanges = 300

// changesQuery is what a page asks for.
type changesQuery struct {
	numbering       string // of the lines on the page
	page            int64  // the generation that the page was made at
	since           int64  // the generation of the texts that the page has
	ids, sparklines []int  // the lines whose texts and whose sparklines it asks for
}

func parseChanges(v url.Values) (changesQuery, error) {
	q := changesQuery{numbering: v.Get("numbering")}
	return q, errors.Join(
		parseNumbers(v.Get("ids"), &q.ids), parseNumbers(v.Get("sparklines"), &q.sparklines),
		parseNumber(v.Get("page"), &q.page), parseNumber(v.Get("since"), &q.since))
}

// serveChanges responds with the texts that have changed since the page had
// them, as JSON.
func (p *demoPage) serveChanges(w http.ResponseWriter, r *http.Request) {
	q, err := parseChanges(r.URL.Query())
	if err != nil {
		web.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	var u update
	walked := walk(w, r, func() {
		now := time.Now()
		u = p.feed.changes(p, now, q)
		if len(q.sparklines) > 0 {
			u.Sparklines = p.sparklines(q, now)
		}
	})
	if walked {
		web.WriteJSON(w, u)
	}
}

// sparklines draws the series that q asks for.
func (p *demoPage) sparklines(q changesQuery, now time.Time) map[int]string {
	names := p.feed.names(q.numbering, q.sparklines)
	from, _ := p.window(now)
	all := make(map[int]string, len(names))
	var draw rowDrawer
	for s := range p.store.Series(func(name string) bool { _, ok := names[name]; return ok }) {
		all[names[s.Name]] = draw.sparkline(s, s.Name, from, now)
	}
	return all
}

// parseNumbers parses numbers that are separated by commas.
func parseNumbers(text string, into *[]int) error {
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		var n int64
		if err := parseNumber(part, &n); err != nil {
			return err
		}
		if *into = append(*into, int(n)); len(*into) > maxChanges {
			return fmt.Errorf("more than %d lines", maxChanges)
		}
	}
	return nil
}

func parseNumber(text string, into *int64) error {
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("%.20q is no number of a line or generation", text)
	}
	*into = n
	return nil
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
