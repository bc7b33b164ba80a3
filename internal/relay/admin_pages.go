package relay

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"monkit.example/internal/aggregate"
	"monkit.example/internal/printable"
	"monkit.example/internal/web"
	"monkit.example/internal/webpage"
	"monkit.example/present"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/prometheus"
)

//go:embed admin_layout.html admin_index.html admin_bad.html
var adminFiles embed.FS

var (
	indexPage = parsePage("admin_index.html")
	badPage   = parsePage("admin_bad.html")
)

func parsePage(name string) *template.Template {
	return template.Must(template.New("admin_layout.html").Funcs(template.FuncMap{
		"visible": visible, "when": when,
	}).ParseFS(adminFiles, "admin_layout.html", name))
}

// pages returns the handler of all pages.
func (r *Relay) pages() *http.ServeMux {
	m := http.NewServeMux()
	web.Assets(m)
	m.HandleFunc("GET /{$}", r.serveIndex)
	m.HandleFunc("GET /ledger", r.serveLedger)
	m.HandleFunc("GET /bad", r.serveBad)
	m.HandleFunc("GET "+healthPath, r.serveHealth)
	m.HandleFunc("GET "+readyPath, r.serveReady)
	if r.cfg.Registry != nil {
		mon := present.HTTPWith(r.cfg.Registry, present.Options{Hosts: r.names()})
		m.Handle("/mon/", webpage.WithHiddenText(http.StripPrefix("/mon", mon), hidden))
		m.Handle("/metrics", prometheus.New(r.cfg.Registry))
	}
	return m
}

// adminView is the data of a page's template. Body differs from page to page.
type adminView struct {
	Page     string
	Registry bool // there are pages below /mon/
	Now      time.Time
	Up       time.Duration
	Body     any
}

func (r *Relay) view(page string, body any) adminView {
	now := time.Now()
	return adminView{
		Page: page, Registry: r.cfg.Registry != nil,
		Now: now, Up: now.Sub(r.admin.started).Round(time.Second), Body: body,
	}
}

// indexView is the body of the index page: the ledger, its sums, and the state
// of the relay.
type indexView struct {
	Ledger
	Sum                         ledger.Listener // of all listeners
	Delivered, Dropped, Pending int64           // of all destinations
	Unaccounted                 int64           // of listeners and destinations
	Column                      string          // of Delivered: "delivered", "sent" or "delivered or sent"
	Mixed                       bool            // Column is the latter

	Problems  []string
	States    map[string]destinationState // by name of the destination
	Hints     []HintCount
	Aggregate time.Duration // zero if nothing is aggregated
	Usage     string        // of the aggregate's memory
}

func newIndexView(l Ledger, states map[string]destinationState) indexView {
	v := indexView{Ledger: l, Sum: l.Received(), States: states}
	unconfirmed := 0
	v.Unaccounted = v.Sum.Received - v.Sum.Accepted - v.Sum.Rejected.Sum() - v.Sum.Pending
	for _, d := range l.Destinations {
		v.Delivered += d.Delivered
		v.Dropped += d.Dropped.Sum()
		v.Pending += d.Pending
		v.Unaccounted += d.Unaccounted()
		if states[d.Name].Unconfirmed {
			unconfirmed++
		}
	}
	switch unconfirmed {
	case 0:
		v.Column = "delivered"
	case len(l.Destinations):
		v.Column = "sent"
	default:
		v.Column, v.Mixed = "delivered or sent", true
	}
	return v
}

func (r *Relay) serveIndex(w http.ResponseWriter, req *http.Request) {
	v := newIndexView(r.Ledger(), r.states(time.Now()))
	v.Problems, v.Hints = append(r.health.problems(), r.logProblems()...), r.Hints()
	if r.hides(req) {
		hideAll(v.Problems)
		for name, s := range v.States {
			if s.Failing != "" {
				s.Failing = hidden
				v.States[name] = s
			}
		}
	}
	if r.aggregate != nil {
		v.Aggregate, v.Usage = r.cfg.Aggregate, usageText(r.series.Usage())
	}
	web.Write(w, indexPage, r.view("/", v))
}

// usageText is "It has 1200 series, in 3.1 MiB of 256 MiB." and, if there was no room,
// what became of lines and series.
func usageText(u aggregate.Usage) string {
	text := fmt.Sprintf("It has %d series, in %s of %s.", u.Series, size(u.Bytes), size(u.MaxBytes))
	if u.Refused > 0 || u.Evicted > 0 {
		text += fmt.Sprintf(" For lack of room %d lines of new series were dropped, and %d idle series were forgotten.", u.Refused, u.Evicted)
	}
	return text
}

func (r *Relay) serveLedger(w http.ResponseWriter, req *http.Request) {
	l := r.Ledger()
	switch formatParam(req, "text") {
	case "text":
		var text bytes.Buffer
		l.Print(&text)
		web.WriteText(w, text.String())
	case "json":
		web.WriteJSON(w, l.json())
	default:
		rejectFormat(w, req, "text or json")
	}
}

func (r *Relay) serveBad(w http.ResponseWriter, req *http.Request) {
	groups := r.Rejected()
	if r.hides(req) {
		for i := range groups {
			groups[i].hide()
		}
	}
	switch formatParam(req, "html") {
	case "html":
		web.Write(w, badPage, r.view("/bad", newBadView(groups)))
	case "json":
		web.WriteJSON(w, rejectedToJSON(groups))
	default:
		rejectFormat(w, req, "html or json")
	}
}

// badView is the body of the page of rejected lines.
type badView struct {
	Groups []RejectedGroup
	More   int // groups that the page does not show
}

// maxGroups is how many groups the page shows.
const maxGroups = 200

func newBadView(groups []RejectedGroup) badView {
	n := min(len(groups), maxGroups)
	return badView{groups[:n], len(groups) - n}
}

// hide replaces the texts of a group that are not of the configuration.
func (g *RejectedGroup) hide() {
	g.Example.Text, g.Example.Err = hidden, hidden
	if g.Sender != "" {
		g.Sender = hidden
	}
}

// moment is a time on a page.
type moment struct{ Exact, Text string }

// when returns t as a page of now shows it: with the date, if it is not of the last
// twelve hours.
func when(t, now time.Time) moment {
	text := "15:04:05"
	if now.Sub(t) >= 12*time.Hour {
		text = "2006-01-02 15:04:05"
	}
	return moment{t.Format("2006-01-02T15:04:05.000Z07:00"), t.Format(text)}
}

// hideAll replaces texts.
func hideAll(texts []string) {
	for i := range texts {
		texts[i] = hidden
	}
}

// formatParam returns the parameter format, or otherwise if there is none.
func formatParam(r *http.Request, otherwise string) string {
	if f := r.URL.Query().Get("format"); f != "" {
		return f
	}
	return otherwise
}

func rejectFormat(w http.ResponseWriter, r *http.Request, known string) {
	web.Error(w, http.StatusBadRequest, fmt.Sprintf("format %q is not known; write %s", formatParam(r, ""), known))
}

// visible returns s with every unprintable character written as an escape. It
// doubles backslashes, so that the page shows exactly which bytes were received.
func visible(s string) string {
	return printable.String(strings.ReplaceAll(s, `\`, `\\`))
}
