package present

import "monkit.example/monkit"

var statsHTML = htmlView("stats", func(req request) any {
	return statRows(req.walk(), req.filter)
})

// statRow is a series with its fields.
type statRow struct {
	Scope  string // empty if it is the scope of the row before
	Name   string
	Values []statValue
}

type statValue struct {
	Field string
	Val   float64
}

// statRows returns the series whose names match a filter.
func statRows(w walk, filter filter) *table[statRow] {
	b := statBuilder{filter: filter}
	w.stats(b.sample)
	return &b.table
}

// statBuilder collects samples into rows. It relies on the registry emitting
// the fields of a series one after another.
type statBuilder struct {
	filter filter
	table  table[statRow]

	begun bool
	last  monkit.SeriesKey
	scope string
	row   *statRow // nil if the page does not show the series
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
	if !b.filter.matches(key.String()) {
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

// withoutScope returns key without its scope, which the page shows once above
// all series of the scope.
func withoutScope(key monkit.SeriesKey) monkit.SeriesKey {
	key.Tags = without(key.Tags, "scope")
	return key
}
