package main

import (
	"cmp"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/recent"
)

// scopeRows are the rows of one scope.
type scopeRows struct {
	Scope  string
	Series []seriesRows
}

// seriesRows are the rows of one series, one for each field.
type seriesRows struct {
	Measurement, Func, Tags string
	Fields                  []fieldRow
}

// IDs returns the numbers of the lines of the fields in the feed.
func (s seriesRows) IDs() string {
	var ids []string
	for _, f := range s.Fields {
		ids = append(ids, strconv.Itoa(f.ID))
	}
	return strings.Join(ids, ",")
}

type fieldRow struct {
	ID    int    // of the line in the feed
	Name  string // the whole name, shown as a tooltip
	Field string
	Value string // with its unit
	Rate  string // of a total; otherwise empty
	Spark template.HTML
}

// maxRows is the limit of rows on a page. A filter shows the others.
const maxRows = 1000

// rowBuilder makes the rows of a page.
type rowBuilder struct {
	store *recent.Store
	query string
	first string    // the scope that is listed before all others
	from  time.Time // where the sparklines begin
	to    time.Time // where they end
	draw  rowDrawer
	ids   map[string]int // of the lines in the feed, by the name of the series

	scopes         map[string]*scopeRows
	shown, matched int
}

// rows returns the rows of the series that the query matches.
func (r *rowBuilder) rows() []*scopeRows {
	r.scopes = make(map[string]*scopeRows)
	for s := range r.store.Series(recent.Match(r.query)) {
		if _, ok := r.ids[s.Name]; !ok {
			continue // has arrived since the feed was read, which makes pages list again
		}
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

// compareSeries sorts by measurement, so that the same measurement of all
// functions is in one place.
func compareSeries(a, b seriesRows) int {
	return cmp.Or(
		strings.Compare(a.Measurement, b.Measurement),
		strings.Compare(a.Func, b.Func),
		strings.Compare(a.Tags, b.Tags))
}

func (r *rowBuilder) add(s recent.Series) {
	scope := s.Key.Tags.Get("scope")
	rows := r.scopes[scope]
	if rows == nil {
		rows = &scopeRows{Scope: scope}
		r.scopes[scope] = rows
	}
	row := r.draw.row(s, r.from, r.to)
	row.ID = r.ids[s.Name]
	rows.add(s.Key, row)
}

// add adds row to its series, which is the last one or a new one: rows are added
// in the order of their series.
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

// tagsText returns the tags other than scope and func.
func tagsText(tags *monkit.TagSet) string {
	var parts []string
	for i := range tags.Len() {
		if tag := tags.At(i); tag.Key != "scope" && tag.Key != "func" {
			parts = append(parts, tag.Key+"="+tag.Val)
		}
	}
	return strings.Join(parts, " ")
}

// rowDrawer makes single rows, in memory that it reuses.
type rowDrawer struct {
	samples, rates []recent.Sample
	svg            []byte
}

func (d *rowDrawer) row(s recent.Series, from, to time.Time) fieldRow {
	row := fieldRow{Name: s.Name, Field: s.Field}
	row.Value, row.Rate = d.texts(s)
	title := s.Name + ": " + row.Value
	if row.Rate != "" {
		title += ", " + row.Rate
	}
	row.Spark = template.HTML(d.sparkline(s, title, from, to))
	return row
}

// sparkline draws the values of s over time, or the rates if it is a total: that
// always grows, and its rate is worth a look.
func (d *rowDrawer) sparkline(s recent.Series, title string, from, to time.Time) string {
	d.samples = s.AppendSamples(d.samples[:0])
	line := d.samples
	if s.Kind == reporters.Counter {
		d.rates = recent.AppendRates(d.rates[:0], d.samples)
		line = d.rates
	}
	d.svg = recent.AppendSparkline(d.svg[:0], line, recent.Sparkline{Width: 120, Height: 24, Title: title, From: from, To: to})
	return string(d.svg)
}
