package relay

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"monkit.example/internal/web"
	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/present"
)

//go:embed admin_layout.html admin_index.html admin_bad.html
var adminFiles embed.FS

var (
	indexPage = parsePage("admin_index.html")
	badPage   = parsePage("admin_bad.html")
)

func parsePage(name string) *template.Template {
	return template.Must(template.New("admin_layout.html").Funcs(template.FuncMap{
		"visible": visible,
	}).ParseFS(adminFiles, "admin_layout.html", name))
}

// pages are all there are.
func (r *Relay) pages() *http.ServeMux {
	m := http.NewServeMux()
	web.Assets(m)
	m.HandleFunc("GET /{$}", r.serveIndex)
	m.HandleFunc("GET /ledger", r.serveLedger)
	m.HandleFunc("GET /bad", r.serveBad)
	m.Handle("GET /healthz", &r.health)
	if r.cfg.Registry != nil {
		m.Handle("/mon/", http.StripPrefix("/mon", present.HTTP(r.cfg.Registry)))
	}
	return m
}

// adminView is what every page shows; Body is the page's own.
type adminView struct {
	Page     string
	Registry bool // whether there are pages below /mon/
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

// indexView is the ledger and its sums.
type indexView struct {
	Ledger
	Health                         []string
	Delivered, Pending             int64
	Rejected, Dropped, Unaccounted int64
	Away                           map[string]bool // destinations, by name
}

func (r *Relay) serveIndex(w http.ResponseWriter, _ *http.Request) {
	v := indexView{Ledger: r.Ledger(), Health: r.health.why(), Away: r.away()}
	in := v.Received()
	v.Rejected = in.Received - in.Accepted
	for _, d := range v.Destinations {
		v.Delivered += d.Delivered
		v.Pending += d.Pending
		v.Dropped += d.Dropped.Sum()
		v.Unaccounted += d.Unaccounted()
	}
	web.Write(w, indexPage, r.view("/", v))
}

// away are the names of the destinations that say they are not up.
func (r *Relay) away() map[string]bool {
	down := make(map[string]bool)
	for _, d := range r.destinations {
		if s, ok := d.Reporter.(monkit.StatSource); ok {
			s.Stats(func(_ monkit.SeriesKey, field string, val float64) {
				if field == "up" && val == 0 {
					down[d.Name] = true
				}
			})
		}
	}
	return down
}

func (r *Relay) serveLedger(w http.ResponseWriter, req *http.Request) {
	l := r.Ledger()
	switch formOf(req, "text") {
	case "text":
		var text bytes.Buffer
		l.Print(&text)
		web.WriteText(w, text.String())
	case "json":
		web.WriteJSON(w, l.json())
	default:
		refuse(w, req, "text or json")
	}
}

func (r *Relay) serveBad(w http.ResponseWriter, req *http.Request) {
	rejected := r.RejectedLines()
	slices.Reverse(rejected) // newest first
	switch formOf(req, "html") {
	case "html":
		web.Write(w, badPage, r.view("/bad", rejected))
	case "json":
		web.WriteJSON(w, rejectedToJSON(rejected))
	default:
		refuse(w, req, "html or json")
	}
}

// formOf is the form that was asked for.
func formOf(r *http.Request, otherwise string) string {
	if form := r.URL.Query().Get("format"); form != "" {
		return form
	}
	return otherwise
}

func refuse(w http.ResponseWriter, r *http.Request, forms string) {
	web.SetHeaders(w.Header())
	http.Error(w, fmt.Sprintf("format %q is not known; write %s", formOf(r, ""), forms), http.StatusBadRequest)
}

// visible returns s with everything that does not print written as an escape.
// Backslashes are doubled, so that the page shows exactly which bytes came in.
func visible(s string) string {
	return webpage.Printable(strings.ReplaceAll(s, `\`, `\\`))
}
