package present

import (
	"embed"
	"html/template"
	"io"
	"math"
	"strconv"
	"time"

	"monkit.example/internal/webpage"
)

//go:embed ui/*.html
var templates embed.FS

//go:embed ui/style.css
var style string

// maxRows is how many rows browsers show without trouble. A page with more
// says so; text and JSON always have all of them.
const maxRows = 2000

// document is the data of ui/layout.html. The template of each page uses Body.
type document struct {
	Name  string // first element of the path
	Title string
	Root  string
	Pages []page
	Query string // filter of the rows
	Sort  string // column that the query chose, or ""
	Body  any
}

// table holds the rows of an HTML page that match its filter. The type of each
// page embeds it.
type table[T any] struct {
	Rows  []T
	Total int // rows that match, shown or not
}

// truncate sets the total and leaves out the rows beyond maxRows.
func (t *table[T]) truncate() {
	t.Total = len(t.Rows)
	t.Rows = t.Rows[:min(t.Total, maxRows)]
}

// Shown is the number of rows on the page.
func (t *table[T]) Shown() int { return len(t.Rows) }

// Cut reports whether the page leaves out rows.
func (t *table[T]) Cut() bool { return len(t.Rows) < t.Total }

var indexHTML = htmlView("index", func(request) any { return nil })

// htmlView returns a view that executes ui/name.html with the result of body.
// It calls body when the page is written.
func htmlView(name string, body func(request) any) func(request) (Result, error) {
	layout := parse(name)
	return func(req request) (Result, error) {
		return func(w io.Writer) error {
			view := body(req)
			if err := req.ctx.Err(); err != nil {
				return err // half of the rows
			}
			return layout.Execute(w, req.document(pageName(name), view))
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
		"dur":     shortDuration,
		"num":     shortNumber,
		"utc":     func(t time.Time, layout string) string { return t.UTC().Format(layout) },
		"outcome": outcome,
	}).ParseFS(templates, "ui/layout.html", "ui/"+name+".html"))
}

// stylesheet is the view of the base stylesheet, followed by the rules of
// these pages.
func stylesheet(request) (Result, error) {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, webpage.Style+style)
		return err
	}, nil
}

// Name is the first element of the path of the page.
func (p page) Name() string { return p.name }

// Title is the heading of the page.
func (p page) Title() string { return p.title }

// About describes what the page shows.
func (p page) About() string { return p.about }

// Listed reports whether the index lists the page.
func (p page) Listed() bool { return !p.hidden && p.name != "" }

// Forms returns the names of the views that the index links to.
func (p page) Forms() (names []string) {
	for _, v := range p.views {
		if !v.hidden {
			names = append(names, v.name)
		}
	}
	return names
}

// shortDuration rounds d to three digits.
func shortDuration(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 || d/unit <= -1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// shortNumber formats whole numbers in full and others with six digits.
func shortNumber(val float64) string {
	if val == math.Trunc(val) && math.Abs(val) < 1e15 {
		return strconv.FormatFloat(val, 'f', 0, 64)
	}
	return strconv.FormatFloat(val, 'g', 6, 64)
}
