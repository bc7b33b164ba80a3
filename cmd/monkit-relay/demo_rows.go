package main

import (
	"cmp"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/recent"
)

// scopeRows are the series of one scope, as the page shows them.
type scopeRows struct {
	Scope  string
	Series []seriesRows
}

// seriesRows are the fields of one series.
type seriesRows struct {
	Measurement, Func, Tags string
	Fields                  []fieldRow
}

type fieldRow struct {
	Name  string // whole, for who points at it
	Field string
	Value string // with its unit
	Rate  string // of a total
	Spark template.HTML
}

// maxRows bounds the page. A filter brings up what it leaves out.
const maxRows = 1000

// rower makes the rows of a page.
type rower struct {
	store *recent.Store
	query string
	first string // the scope that is named before all others
	from  time.Time
	to    time.Time // the edges of the sparklines
	draw  drawer

	scopes         map[string]*scopeRows
	shown, matched int
}

// rows lists what the store holds of the series that the query matches.
func (r *rower) rows() []*scopeRows {
	r.scopes = make(map[string]*scopeRows)
	for s := range r.store.Series(recent.Match(r.query)) {
		if r.matched++; r.shown < maxRows {
			r.shown++
			r.add(s)
		}
	}
	names := slices.Sorted(maps.Keys(r.scopes))
	if i, ok := slices.BinarySearch(names, r.first); ok {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, r.first)
	}
	scopes := make([]*scopeRows, 0, len(names))
	for _, name := range names {
		scope := r.scopes[name]
		slices.SortStableFunc(scope.Series, compareSeries)
		scopes = append(scopes, scope)
	}
	return scopes
}

// compareSeries keeps what is measured of one function together.
func compareSeries(a, b seriesRows) int {
	return cmp.Or(
		strings.Compare(a.Measurement, b.Measurement),
		strings.Compare(a.Func, b.Func),
		strings.Compare(a.Tags, b.Tags))
}

func (r *rower) add(s recent.Series) {
	scope := s.Key.Tags.Get("scope")
	rows := r.scopes[scope]
	if rows == nil {
		rows = &scopeRows{Scope: scope}
		r.scopes[scope] = rows
	}
	rows.add(s.Key, r.draw.row(s, r.from, r.to))
}

// add puts row with its series, which is the last one or a new one: they come
// sorted.
func (s *scopeRows) add(key monkit.SeriesKey, row fieldRow) {
	series := seriesRows{Measurement: key.Measurement, Func: key.Tags.Get("func"), Tags: tagsText(key.Tags)}
	if n := len(s.Series); n == 0 || !s.Series[n-1].same(series) {
		s.Series = append(s.Series, series)
	}
	last := &s.Series[len(s.Series)-1]
	last.Fields = append(last.Fields, row)
}

func (s seriesRows) same(t seriesRows) bool {
	return s.Measurement == t.Measurement && s.Func == t.Func && s.Tags == t.Tags
}

// tagsText is what else than scope and function tells series apart.
func tagsText(tags *monkit.TagSet) string {
	var parts []string
	for i := range tags.Len() {
		if tag := tags.At(i); tag.Key != "scope" && tag.Key != "func" {
			parts = append(parts, tag.Key+"="+tag.Val)
		}
	}
	return strings.Join(parts, " ")
}

// drawer makes rows, with memory that it uses again.
type drawer struct {
	samples, rates []recent.Sample
	svg            []byte
}

func (d *drawer) row(s recent.Series, from, to time.Time) fieldRow {
	u := unitOf(s.Key.Measurement, s.Field)
	row := fieldRow{Name: s.Name, Field: s.Field, Value: u.format(s.Last.Value)}
	d.samples = s.AppendSamples(d.samples[:0])
	line := d.samples
	if s.Kind == reporters.Counter { // how fast it grows tells more than that it does
		d.rates = recent.AppendRates(d.rates[:0], d.samples)
		line = d.rates
		if n := len(line); n > 0 {
			row.Rate = u.format(line[n-1].Value) + "/s"
		}
	}
	title := s.Name + ": " + row.Value
	if row.Rate != "" {
		title += ", " + row.Rate
	}
	d.svg = recent.AppendSparkline(d.svg[:0], line, recent.Sparkline{
		Width: 120, Height: 24, Title: title, From: from, To: to,
	})
	row.Spark = template.HTML(d.svg)
	return row
}
