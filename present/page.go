package present

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"monkit.example/reporters/prometheus"
)

// Result writes one page to w. It returns the errors of w. A page of a trace
// also returns an error if the trace does not come.
type Result func(w io.Writer) error

// page is the part of the site below one first element of the path.
type page struct {
	name          string // first element of the path; "" is the index
	title         string
	about         string
	hidden        bool // not on the index, because it is not for reading
	needsRecorder bool // absent without Options.Recorder
	views         []view

	// prefer returns the name of the view for a request with these Accept
	// headers, or "" for the default. Nil means preferredView.
	prefer func(accept []string) string
}

// view is one form of a page. The first view of a page is the default.
type view struct {
	name        string // second element of the path
	contentType string
	open        func(request) (Result, error)
	work        work
	draws       bool // has a drawing of a trace, whose style the policy must allow
	hidden      bool // not linked, because it needs a query or is a second name

	// typeOf returns the content type if it depends on the query; else it is
	// nil.
	typeOf func(url.Values) string

	// serve responds to HTTP requests in place of open, if it is not nil.
	serve func(handler, http.ResponseWriter, *http.Request)
}

// work is what a view does when it is written.
type work int

const (
	walks work = iota // it reads the registry or the recorder
	waits             // it waits for a trace
	fixed             // it does neither, or bounds its work itself
)

const (
	typeText = "text/plain; charset=utf-8"
	typeJSON = "application/json; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
	typeCSS  = "text/css; charset=utf-8"
	typeSVG  = "image/svg+xml; charset=utf-8"
)

// pages is the table that the routes, the index and the navigation are made
// from.
var pages = []page{
	{title: "Index", views: []view{
		{name: "html", contentType: typeHTML, open: indexHTML, work: fixed},
	}},
	{name: "ps", title: "Running now",
		about: "Open spans: the functions that run at this moment, for how long, with which arguments, and what called them.",
		views: []view{
			{name: "text", contentType: typeText, open: spansText},
			{name: "json", contentType: typeJSON, open: spansView(walk.spansJSON)},
			{name: "dot", contentType: typeText, open: spansView(walk.spansDot)},
			{name: "html", contentType: typeHTML, open: spansHTML},
		}},
	{name: "funcs", title: "Functions",
		about: "Every measured function: how often it ran, with which errors, how long it took, and what called it.",
		views: []view{
			{name: "text", contentType: typeText, open: registryView(walk.funcsText)},
			{name: "json", contentType: typeJSON, open: registryView(walk.funcsJSON)},
			{name: "dot", contentType: typeText, open: registryView(walk.funcsDot)},
			{name: "html", contentType: typeHTML, open: funcsHTML},
		}},
	{name: "stats", title: "Statistics",
		about: "The value of every series: of functions, counters, meters, distributions, and other registered sources.",
		views: []view{
			{name: "text", contentType: typeText, open: registryView(walk.statsText)},
			{name: "json", contentType: typeJSON, open: registryView(walk.statsJSON)},
			{name: "old", contentType: typeText, open: registryView(walk.statsText), hidden: true},
			{name: "html", contentType: typeHTML, open: statsHTML},
		}},
	{name: "traces", title: "Retained traces", needsRecorder: true,
		about: "The latest, the slowest and the failed traces of each function.",
		views: []view{
			{name: "text", contentType: typeText, open: requireRecorder(retainedText)},
			{name: "json", contentType: typeJSON, open: requireRecorder(retainedJSON)},
			{name: "html", contentType: typeHTML, open: requireRecorder(retainedHTML)},
			{name: "svg", contentType: typeSVG, open: requireRecorder(retainedTrace(drawing("traces"))), draws: true, hidden: true},
			{name: "spans", contentType: typeJSON, open: requireRecorder(retainedTrace(writeSpans)), hidden: true},
		}},
	{name: "trace", title: "Next trace",
		about: "The next run of a function with every span below it: as a drawing, as JSON, or exported.",
		views: []view{
			{name: "html", contentType: typeHTML, open: traceHTML, work: fixed},
			{name: "wait", contentType: typeHTML, open: traceWait, work: waits, draws: true, hidden: true},
			{name: "svg", contentType: typeSVG, open: traceView(drawing("trace")), work: waits, draws: true, hidden: true},
			{name: "json", contentType: typeJSON, open: traceView(writeSpans), work: waits, hidden: true},
			{name: "remote", typeOf: remoteType, open: traceRemote, work: waits, hidden: true},
		}},
	{name: "metrics", title: "Metrics for Prometheus", prefer: preferredMetrics,
		about: "The value of every series in the text formats that Prometheus and its like scrape.",
		views: []view{metricsView(prometheus.Text), metricsView(prometheus.OpenMetrics)}},
	{name: "ui", hidden: true, views: []view{
		{name: "style.css", contentType: typeCSS, open: stylesheet, work: fixed},
	}},
}

// registryView returns a view that needs only the registry.
func registryView(write func(walk, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		return func(w io.Writer) error { return write(req.walk(), w) }, nil
	}
}

// find returns the view at path, whose third and further elements it ignores.
// Without a second element the query parameter format chooses the view. Without
// that, find returns the view that the Accept headers prefer if the page has it,
// else the default.
func find(path string, query url.Values, accept []string) (view, error) {
	first, rest, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	name, _, _ := strings.Cut(rest, "/")
	p, ok := pageNamed(first)
	switch {
	case !ok:
		return view{}, notFound(path)
	case name == "":
		return p.choose(query.Get("format"), accept)
	}
	if v, ok := p.view(name); ok {
		return v, nil
	}
	return view{}, notFound(path)
}

// pages returns the pages that h serves.
func (h handler) pages() []page {
	if h.opts.Recorder != nil {
		return pages
	}
	return slices.DeleteFunc(slices.Clone(pages), func(p page) bool { return p.needsRecorder })
}

func pageNamed(name string) (page, bool) {
	for _, p := range pages {
		if p.name == name {
			return p, true
		}
	}
	return page{}, false
}

func (p page) choose(format string, accept []string) (view, error) {
	if format != "" {
		if v, ok := p.view(format); ok {
			return v, nil
		}
		return view{}, badRequest("format %q: /%s has the formats %s", format, p.name, p.formats())
	}
	prefer := preferredView
	if p.prefer != nil {
		prefer = p.prefer
	}
	if v, ok := p.view(prefer(accept)); ok {
		return v, nil
	}
	return p.views[0], nil
}

func (p page) view(name string) (view, bool) {
	for _, v := range p.views {
		if v.name == name {
			return v, true
		}
	}
	return view{}, false
}

func (p page) formats() string {
	var names []string
	for _, v := range p.views {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
}
