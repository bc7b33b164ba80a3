package present

import (
	"embed"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"monkit.example/internal/webpage"
)

//go:embed ui/*.html
var templates embed.FS

// maxRows is what a browser still shows at once without trouble. A page that
// has more says so, and the text and JSON have them all.
const maxRows = 2000

// document is what every HTML page has; the template of the page reads Body.
type document struct {
	Name  string // first element of the path
	Title string
	Root  string
	Pages []page
	Query string // the filter of the rows
	Sort  string // the column that was chosen, if any
	Body  any
}

var indexHTML = htmlView("index", func(request) any { return nil })

// htmlView opens the page of ui/name.html, with what body makes of the
// registry when it is written.
func htmlView(name string, body func(request) any) func(request) (Result, error) {
	layout := parse(name)
	return func(req request) (Result, error) {
		return func(w io.Writer) error {
			return layout.Execute(w, req.document(pageName(name), body(req)))
		}, nil
	}
}

func (r request) document(page string, body any) document {
	return document{
		Name:  page,
		Title: r.title(page),
		Root:  r.root,
		Pages: r.pages,
		Query: r.query.Get("q"),
		Sort:  r.query.Get("sort"),
		Body:  body,
	}
}

func pageName(file string) string {
	if file == "index" {
		return ""
	}
	return file
}

func (r request) title(name string) string {
	for _, p := range r.pages {
		if p.name == name {
			return p.title
		}
	}
	return ""
}

func parse(name string) *template.Template {
	return template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"dur": shortDuration,
		"num": shortNumber,
		"utc": func(t time.Time, layout string) string { return t.UTC().Format(layout) },

		"ending": ending,
	}).ParseFS(templates, "ui/layout.html", "ui/"+name+".html"))
}

//go:embed ui/style.css
var style string

// stylesheet opens the base stylesheet with the rules of these pages after it.
func stylesheet(request) (Result, error) {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, webpage.Style+style)
		return err
	}, nil
}

// Name is the first element of the page's path.
func (p page) Name() string { return p.name }

// Title is what people call the page.
func (p page) Title() string { return p.title }

// About is what the page shows.
func (p page) About() string { return p.about }

// Listed reports whether the index has the page.
func (p page) Listed() bool { return !p.hidden && p.name != "" }

// Forms are the names of the views that the index links to.
func (p page) Forms() (names []string) {
	for _, v := range p.views {
		if !v.hidden {
			names = append(names, v.name)
		}
	}
	return names
}

// matches reports whether name has all the words of the filter.
func matches(name, filter string) bool {
	name = strings.ToLower(name)
	for word := range strings.FieldsSeq(strings.ToLower(filter)) {
		if !strings.Contains(name, word) {
			return false
		}
	}
	return true
}

// shortDuration rounds to three digits.
func shortDuration(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 || d/unit <= -1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// shortNumber writes whole numbers in full and others with six digits.
func shortNumber(val float64) string {
	if val == math.Trunc(val) && math.Abs(val) < 1e15 {
		return strconv.FormatFloat(val, 'f', 0, 64)
	}
	return strconv.FormatFloat(val, 'g', 6, 64)
}
