package present

import (
	"time"

	"monkit.example/monkit"
)

var spansHTML = htmlView("ps", func(req request) any {
	return spanRows(req.walk(), req.filter)
})

// spanTable holds the trees of open spans that contain a call which matches a
// filter.
type spanTable struct {
	Rows         []spanRow
	Total, Shown int // spans, on all levels
}

// Cut reports whether the page leaves out spans.
func (t *spanTable) Cut() bool { return t.Shown < t.Total }

// spanRow is an open span with its children.
type spanRow struct {
	Call        string
	ID, Trace   int64
	Elapsed     time.Duration
	Orphaned    bool
	Annotations []monkit.Annotation
	Children    []spanRow
}

func spanRows(w walk, filter filter) *spanTable {
	t := new(spanTable)
	w.rootSpans(func(s *monkit.Span) {
		var rows []spanRow
		b := treeBuilder{walk: w, filter: filter, limit: maxRows - t.Shown}
		b.add(&rows, s)
		if b.matched {
			t.Rows = append(t.Rows, rows...)
			t.Shown += b.shown
			t.Total += b.total
		}
	})
	return t
}

// treeBuilder makes the rows of one tree, up to a limit.
type treeBuilder struct {
	walk         walk
	filter       filter
	limit        int
	total, shown int  // spans of the tree, and those that got a row
	matched      bool // whether any call matches the filter
}

func (b *treeBuilder) add(rows *[]spanRow, s *monkit.Span) {
	row := spanRowOf(b.walk, s)
	b.total++
	b.matched = b.matched || b.filter.matches(row.Call)
	fits := b.shown < b.limit
	if fits {
		b.shown++
	}
	b.walk.children(s, func(child *monkit.Span) { b.add(&row.Children, child) })
	if fits {
		*rows = append(*rows, row)
	}
}

func spanRowOf(w walk, s *monkit.Span) spanRow {
	return spanRow{
		Call:        w.call(s),
		ID:          s.Id(),
		Trace:       s.Trace().Id(),
		Elapsed:     s.Duration(),
		Orphaned:    s.Orphaned(),
		Annotations: w.annotations(s),
	}
}
