package present

import (
	"time"

	"monkit.example/monkit"
)

var spansHTML = htmlView("ps", func(req request) any {
	return spanRows(req.registry, req.query.Get("q"))
})

// spanTable has the trees of live spans in which some call matches a filter.
type spanTable struct {
	Rows         []spanRow
	Total, Shown int // spans, of all levels
}

// Cut reports whether there are more spans than are shown.
func (t *spanTable) Cut() bool { return t.Shown < t.Total }

// spanRow is a live span with those below it.
type spanRow struct {
	Call        string
	ID, Trace   int64
	Elapsed     time.Duration
	Orphaned    bool
	Annotations []monkit.Annotation
	Children    []spanRow
}

func spanRows(r *monkit.Registry, filter string) *spanTable {
	t := new(spanTable)
	r.RootSpans(func(s *monkit.Span) {
		var rows []spanRow
		b := treeBuilder{filter: filter, room: maxRows - t.Shown}
		b.add(&rows, s)
		if b.matched {
			t.Rows = append(t.Rows, rows...)
			t.Shown += b.kept
			t.Total += b.seen
		}
	})
	return t
}

// treeBuilder makes the rows of one tree, as many as there is room for.
type treeBuilder struct {
	filter     string
	room       int
	seen, kept int
	matched    bool
}

func (b *treeBuilder) add(rows *[]spanRow, s *monkit.Span) {
	row := spanRowOf(s)
	b.seen++
	b.matched = b.matched || matches(row.Call, b.filter)
	fits := b.kept < b.room
	if fits {
		b.kept++
	}
	s.Children(func(child *monkit.Span) { b.add(&row.Children, child) })
	if fits {
		*rows = append(*rows, row)
	}
}

func spanRowOf(s *monkit.Span) spanRow {
	return spanRow{
		Call:        call(s),
		ID:          s.Id(),
		Trace:       s.Trace().Id(),
		Elapsed:     s.Duration(),
		Orphaned:    s.Orphaned(),
		Annotations: s.Annotations(),
	}
}
