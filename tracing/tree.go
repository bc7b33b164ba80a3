package tracing

import "monkit.example/monkit"

// tree arranges spans by their callers. A span whose caller is not among the
// spans is below its nearest ancestor that is: callers are missing if they
// have not ended or were dropped.
type tree struct {
	roots    []*FinishedSpan           // spans without an ancestor among the spans
	children map[int64][]*FinishedSpan // by the id of the parent
	parent   map[*FinishedSpan]int64   // id of the parent; roots have none
	visited  map[int64]bool            // by walk
}

// newTree arranges spans. Siblings keep their order.
func newTree(spans []*FinishedSpan) *tree {
	t := &tree{
		children: make(map[int64][]*FinishedSpan),
		parent:   make(map[*FinishedSpan]int64),
		visited:  make(map[int64]bool),
	}
	finder := ancestorFinder{ids: make(map[int64]bool, len(spans)), cache: make(map[*monkit.Span]ancestor)}
	for _, s := range spans {
		finder.ids[s.Span.Id()] = true
	}
	for _, s := range spans {
		if a := finder.nearest(s.Span); a.ok {
			t.parent[s] = a.id
			t.children[a.id] = append(t.children[a.id], s)
		} else {
			t.roots = append(t.roots, s)
		}
	}
	return t
}

// withBelow returns root and those of others that are below it, each before those
// that it called.
func withBelow(root *FinishedSpan, others []*FinishedSpan) (spans []*FinishedSpan) {
	t := newTree(append([]*FinishedSpan{root}, others...))
	t.walk(root, func(s *FinishedSpan) { spans = append(spans, s) })
	return spans
}

// walk calls visit for s and the spans below it, depth first. Each span of a
// tree is visited once, even if ids from other processes form a circle.
func (t *tree) walk(s *FinishedSpan, visit func(*FinishedSpan)) {
	if t.visited[s.Span.Id()] {
		return
	}
	t.visited[s.Span.Id()] = true
	visit(s)
	for _, child := range t.children[s.Span.Id()] {
		t.walk(child, visit)
	}
}

// walkAll calls visit for all spans: the roots with the spans below them, and
// then those in a circle, which are below no root.
func (t *tree) walkAll(spans []*FinishedSpan, visit func(*FinishedSpan)) {
	for _, s := range t.roots {
		t.walk(s, visit)
	}
	for _, s := range spans {
		t.walk(s, visit)
	}
}

// ancestorFinder finds ancestors of spans among a set of ids.
type ancestorFinder struct {
	ids   map[int64]bool
	cache map[*monkit.Span]ancestor // of callers that are not among ids
}

type ancestor struct {
	id int64
	ok bool // false if there is none
}

// nearest returns the nearest ancestor of s that is among the ids.
func (f ancestorFinder) nearest(s *monkit.Span) ancestor {
	parent := s.Parent()
	if parent == nil {
		id, _ := s.ParentId() // from a header; usually of a span in another process
		return ancestor{id, f.ids[id]}
	}
	if id := parent.Id(); f.ids[id] {
		return ancestor{id, true}
	}
	found, ok := f.cache[parent]
	if !ok {
		found = f.nearest(parent)
		f.cache[parent] = found
	}
	return found
}
