package present

import (
	"cmp"
	"slices"
	"time"

	"monkit.example/monkit"
)

var funcsHTML = htmlView("funcs", func(req request) any {
	return funcRows(req.walk(), req.filter, req.query.Get("sort"))
})

// funcTable holds the functions whose names match a filter.
type funcTable struct {
	table[funcRow]
	Columns []funcColumn
	Sorted  string // key of the column that the rows are sorted by
}

// funcRow is one function. Its quantiles cover successful runs only.
type funcRow struct {
	Name                  string
	Callers               []string
	Calls, Current, High  int64
	Errors                []errorRow
	Failed, Panics        int64
	Median, P90, P99, Max time.Duration
	Time                  time.Duration // sum over all runs
}

type errorRow struct {
	Name  string
	Count int64
}

// funcColumn is a column that rows can be sorted by: the largest value first,
// then by name.
type funcColumn struct {
	Key, Title string
	value      func(funcRow) int64
}

// funcColumns is the head of the table. Rows are sorted by the first column
// unless the query chooses another.
var funcColumns = []funcColumn{
	{"name", "Function", func(r funcRow) int64 { return 0 }},
	{"calls", "Calls", func(r funcRow) int64 { return r.Calls }},
	{"current", "In flight", func(r funcRow) int64 { return r.Current }},
	{"high", "Peak", func(r funcRow) int64 { return r.High }},
	{"errors", "Errors", func(r funcRow) int64 { return r.Failed }},
	{"panics", "Panics", func(r funcRow) int64 { return r.Panics }},
	{"p50", "Median", func(r funcRow) int64 { return int64(r.Median) }},
	{"p90", "90 %", func(r funcRow) int64 { return int64(r.P90) }},
	{"p99", "99 %", func(r funcRow) int64 { return int64(r.P99) }},
	{"max", "Longest", func(r funcRow) int64 { return int64(r.Max) }},
	{"time", "Total time", func(r funcRow) int64 { return int64(r.Time) }},
}

func funcRows(w walk, filter filter, key string) *funcTable {
	chosen := max(0, slices.IndexFunc(funcColumns, func(c funcColumn) bool { return c.Key == key }))
	by := funcColumns[chosen]
	t := &funcTable{Columns: funcColumns, Sorted: by.Key}
	w.funcs(func(f *monkit.Func) {
		if name := fullName(f); filter.matches(name) {
			t.Rows = append(t.Rows, funcRowOf(f, name))
		}
	})
	slices.SortFunc(t.Rows, func(a, b funcRow) int {
		return cmp.Or(cmp.Compare(by.value(b), by.value(a)), cmp.Compare(a.Name, b.Name))
	})
	t.truncate()
	return t
}

func funcRowOf(f *monkit.Func, name string) funcRow {
	good, bad := f.SuccessTimes(), f.FailureTimes()
	row := funcRow{
		Name:    name,
		Callers: callerNames(f),
		Calls:   good.Count + bad.Count,
		Current: f.Current(),
		High:    f.Highwater(),
		Errors:  errorRows(f.Errors()),
		Panics:  f.Panics(),
		Median:  good.Query(.5),
		P90:     good.Query(.9),
		P99:     good.Query(.99),
		Max:     max(good.High, bad.High),
		Time:    good.Sum + bad.Sum,
	}
	for _, e := range row.Errors {
		row.Failed += e.Count
	}
	return row
}

// errorRows returns the most frequent errors first.
func errorRows(errs map[string]int64) []errorRow {
	rows := make([]errorRow, 0, len(errs))
	for name, n := range errs {
		rows = append(rows, errorRow{name, n})
	}
	slices.SortFunc(rows, func(a, b errorRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

func callerNames(f *monkit.Func) (names []string) {
	f.Parents(func(parent *monkit.Func) {
		if parent == nil {
			names = append(names, "entry")
			return
		}
		names = append(names, fullName(parent))
	})
	return names
}
