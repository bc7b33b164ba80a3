package present

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Result writes one page. It fails only if w does.
type Result func(w io.Writer) error

// page is what one first element of the path leads to.
type page struct {
	name   string // "" is the index
	title  string
	about  string
	hidden bool // not on the index: nothing to read
	kept   bool // there only with a Recorder
	views  []view
}

// view is one form of a page. The first of a page is what those get who do
// not choose.
type view struct {
	name        string // second element of the path
	contentType string
	open        func(request) (Result, error)
	hidden      bool // not linked: another name of a view, or in want of a query

	// typeOf is the content type where the query decides; nil where not.
	typeOf func(url.Values) string
}

// request is what a view may know.
type request struct {
	handler
	ctx   context.Context // ends when nobody waits for the page any more
	query url.Values
	pages []page // those that there are
	root  string // the relative way from the page to the index
}

const (
	typeText = "text/plain; charset=utf-8"
	typeJSON = "application/json; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
	typeCSS  = "text/css; charset=utf-8"
	typeSVG  = "image/svg+xml; charset=utf-8"
)

// pages makes the routes, the index and the navigation.
var pages = []page{
	{title: "Index", views: []view{
		{name: "html", contentType: typeHTML, open: indexHTML},
	}},
	{name: "ps", title: "Running now",
		about: "Live spans: what runs at this moment, for how long, who called it, with which arguments.",
		views: []view{
			{name: "text", contentType: typeText, open: always(SpansText)},
			{name: "json", contentType: typeJSON, open: always(SpansJSON)},
			{name: "dot", contentType: typeText, open: always(SpansDot)},
			{name: "html", contentType: typeHTML, open: spansHTML},
		}},
	{name: "funcs", title: "Functions",
		about: "Every function that was ever called: how often, how it ended, how long it took, and by whom it was called.",
		views: []view{
			{name: "text", contentType: typeText, open: always(FuncsText)},
			{name: "json", contentType: typeJSON, open: always(FuncsJSON)},
			{name: "dot", contentType: typeText, open: always(FuncsDot)},
			{name: "html", contentType: typeHTML, open: funcsHTML},
		}},
	{name: "stats", title: "Statistics",
		about: "The value of every series there is: of functions, counters, meters, distributions, and what else was registered.",
		views: []view{
			{name: "text", contentType: typeText, open: always(StatsText)},
			{name: "json", contentType: typeJSON, open: always(StatsJSON)},
			{name: "old", contentType: typeText, open: always(StatsOld), hidden: true},
			{name: "html", contentType: typeHTML, open: statsHTML},
		}},
	{name: "traces", title: "Kept traces", kept: true,
		about: "The latest, the slowest and the failed traces of each function.",
		views: []view{
			{name: "text", contentType: typeText, open: withRecorder(keptText)},
			{name: "json", contentType: typeJSON, open: withRecorder(keptJSON)},
			{name: "html", contentType: typeHTML, open: withRecorder(keptHTML)},
			{name: "svg", contentType: typeSVG, open: withRecorder(keptTrace(tracing.Recorded.WriteSVG)), hidden: true},
			{name: "spans", contentType: typeJSON, open: withRecorder(keptTrace(tracing.Recorded.WriteJSON)), hidden: true},
		}},
	{name: "trace", title: "Next trace",
		about: "The next run of a function with all that it leads to: drawn, as JSON, or exported.",
		views: []view{
			{name: "html", contentType: typeHTML, open: traceHTML},
			{name: "svg", contentType: typeSVG, open: traceView(tracing.SpansToSVG), hidden: true},
			{name: "json", contentType: typeJSON, open: traceView(tracing.SpansToJSON), hidden: true},
			{name: "remote", typeOf: remoteType, open: traceRemote, hidden: true},
		}},
	{name: "ui", hidden: true, views: []view{
		{name: "style.css", contentType: typeCSS, open: stylesheet},
	}},
}

// always opens a view that needs nothing but the registry.
func always(write func(*monkit.Registry, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		return func(w io.Writer) error { return write(req.registry, w) }, nil
	}
}

// find returns the view that path leads to. Only the first two elements
// count. Without a second, the query's format chooses, or else preferred, if
// the page has that view.
func find(path string, query url.Values, preferred string) (view, error) {
	first, rest, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	name, _, _ := strings.Cut(rest, "/")
	p, ok := pageNamed(first)
	switch {
	case !ok:
		return view{}, notFound(path)
	case name == "":
		return p.choose(query.Get("format"), preferred)
	}
	if v, ok := p.view(name); ok {
		return v, nil
	}
	return view{}, notFound(path)
}

// pages are those of h.
func (h handler) pages() []page {
	if h.opts.Recorder != nil {
		return pages
	}
	return slices.DeleteFunc(slices.Clone(pages), func(p page) bool { return p.kept })
}

func pageNamed(name string) (page, bool) {
	for _, p := range pages {
		if p.name == name {
			return p, true
		}
	}
	return page{}, false
}

func (p page) choose(format, preferred string) (view, error) {
	if format != "" {
		if v, ok := p.view(format); ok {
			return v, nil
		}
		return view{}, badRequest("format %q: /%s has the formats %s", format, p.name, p.formats())
	}
	if v, ok := p.view(preferred); ok {
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
