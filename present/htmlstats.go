package present

import "monkit.example/monkit"

var statsHTML = htmlView("stats", func(req request) any {
	return statRows(req.registry, req.query.Get("q"))
})

// statTable has the series whose names match a filter.
type statTable struct {
	Rows  []statRow
	Total int
}

// Shown is the number of rows.
func (t *statTable) Shown() int { return len(t.Rows) }

// Cut reports whether there are more series than are shown.
func (t *statTable) Cut() bool { return len(t.Rows) < t.Total }

// statRow is a series with its fields.
type statRow struct {
	Scope  string // if it is another than that of the row before
	Name   string
	Values []statValue
}

type statValue struct {
	Field string
	Val   float64
}

func statRows(r *monkit.Registry, filter string) *statTable {
	b := statBuilder{filter: filter}
	r.Stats(b.sample)
	return &b.table
}

// statBuilder gathers samples into rows. The fields of a series come one
// after another.
type statBuilder struct {
	filter string
	table  statTable

	begun bool
	last  monkit.SeriesKey
	scope string
	row   *statRow // nil if the series is not shown
}

func (b *statBuilder) sample(key monkit.SeriesKey, field string, val float64) {
	if !b.begun || key != b.last {
		b.begun, b.last = true, key
		b.row = b.begin(key)
	}
	if b.row != nil {
		b.row.Values = append(b.row.Values, statValue{field, val})
	}
}

func (b *statBuilder) begin(key monkit.SeriesKey) *statRow {
	if !matches(key.String(), b.filter) {
		return nil
	}
	b.table.Total++
	if len(b.table.Rows) == maxRows {
		return nil
	}
	row := statRow{Name: withoutScope(key).String()}
	if scope := key.Tags.Get("scope"); scope != b.scope {
		row.Scope, b.scope = scope, scope
	}
	b.table.Rows = append(b.table.Rows, row)
	return &b.table.Rows[len(b.table.Rows)-1]
}

// withoutScope is for pages that show the scope once above its series.
func withoutScope(key monkit.SeriesKey) monkit.SeriesKey {
	key.Tags = without(key.Tags, "scope")
	return key
}
