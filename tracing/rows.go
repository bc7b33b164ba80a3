package tracing

// row is a span in the order in which spans are shown: each below its caller,
// siblings by the time they started.
type row struct {
	record
	parent int // index of the row of the caller, which is before this one; -1 if there is none
}

// rowsOf returns the rows of all spans.
func rowsOf(spans []*FinishedSpan) []row {
	b := newRowBuilder(spans)
	b.tree.walkAll(b.sorted, b.add)
	return b.rows
}

// rowsBelow returns the rows of root, which is one of spans, and of the spans
// below it.
func rowsBelow(root *FinishedSpan, spans []*FinishedSpan) []row {
	b := newRowBuilder(spans)
	b.tree.walk(root, b.add)
	return b.rows
}

type rowBuilder struct {
	sorted []*FinishedSpan // by the time they started
	tree   *tree
	rows   []row
	index  map[int64]int // in rows, by the id of the span
}

func newRowBuilder(spans []*FinishedSpan) *rowBuilder {
	sorted := append(StartTimeSorter{}, spans...)
	sorted.Sort()
	return &rowBuilder{sorted: sorted, tree: newTree(sorted), index: make(map[int64]int, len(spans))}
}

// add appends the row of s.
func (b *rowBuilder) add(s *FinishedSpan) {
	parent := -1
	if id, ok := b.tree.parent[s]; ok {
		if i, ok := b.index[id]; ok {
			parent = i
		}
	}
	b.index[s.Span.Id()] = len(b.rows)
	b.rows = append(b.rows, row{recordOf(s), parent})
}
