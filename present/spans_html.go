package present

import (
	"hash/maphash"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

var spansHTML = htmlView("ps", func(req request) any {
	w := req.walk()
	return req.spans.get(w).table(w, req.filter)
})

// maxAlike bounds how many roots the page lists below the oldest of those that
// are alike. Text and JSON have all of them.
const maxAlike = 20

// spanTable holds the trees of open spans that contain a call which matches a
// filter, the oldest first. Trees are alike if the same functions called each
// other in them: the table has the oldest of them in full.
type spanTable struct {
	Rows         []spanRow
	Total, Shown int // spans, on all levels; those that are alike are shown, too
}

// Cut reports whether the page leaves out spans.
func (t *spanTable) Cut() bool { return t.Shown < t.Total }

// spanRow is an open span with its children.
type spanRow struct {
	Call        string
	ID, Trace   string // hexadecimal
	Elapsed     time.Duration
	Orphaned    bool
	Annotations []monkit.Annotation
	Children    []spanRow

	Count int       // roots that are alike, with this one; 0 below the roots
	Alike []spanRow // the oldest of the others, without their children
}

// Others is the number of roots that are alike besides this one.
func (r spanRow) Others() int { return r.Count - 1 }

func spanRows(w walk, roots []*openSpan, filter filter) *spanTable {
	b := spanBuilder{walk: w, table: new(spanTable), seed: maphash.MakeSeed(), alike: make(map[uint64]int)}
	w.each(roots, func(s *openSpan) {
		if w.matches(s, filter) {
			b.root(s)
		}
	})
	return b.table
}

// spanBuilder makes the rows of a table, at most maxRows.
type spanBuilder struct {
	walk  walk
	table *spanTable
	rows  int // on all levels
	seed  maphash.Seed
	alike map[uint64]int // index of the row, by the shape of its tree
}

func (b *spanBuilder) root(s *openSpan) {
	spans := s.count()
	b.table.Total += spans
	shape := s.shape(b.seed)
	if i, ok := b.alike[shape]; ok {
		b.table.Shown += spans
		b.add(&b.table.Rows[i], s)
		return
	}
	if b.rows >= maxRows {
		return
	}
	before := b.rows
	row := b.row(s)
	row.Count = 1
	b.table.Shown += b.rows - before
	b.alike[shape] = len(b.table.Rows)
	b.table.Rows = append(b.table.Rows, row)
}

// add counts s among the roots that are alike.
func (b *spanBuilder) add(oldest *spanRow, s *openSpan) {
	oldest.Count++
	if len(oldest.Alike) < maxAlike && b.rows < maxRows {
		b.rows++
		oldest.Alike = append(oldest.Alike, b.walk.spanRow(s))
	}
}

// row returns the row of s, with those of its children as far as they fit.
func (b *spanBuilder) row(s *openSpan) spanRow {
	b.rows++
	row := b.walk.spanRow(s)
	for _, child := range s.children {
		if b.rows >= maxRows {
			break
		}
		row.Children = append(row.Children, b.row(child))
	}
	return row
}

func (w walk) spanRow(s *openSpan) spanRow {
	return spanRow{
		Call:        w.call(s),
		ID:          tracing.SpanID(s.Id()),
		Trace:       tracing.TraceID(s.Trace()),
		Elapsed:     s.elapsed,
		Orphaned:    s.Orphaned(),
		Annotations: w.annotations(s.Span),
	}
}
