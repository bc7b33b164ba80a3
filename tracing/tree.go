package tracing

import "monkit.example/monkit"

// tree is spans by who called them. A span whose caller is not among them is
// below the nearest of its callers that is: the others have not ended yet, or
// were too many.
type tree struct {
	roots []*FinishedSpan // without a caller among the spans
	below map[int64][]*FinishedSpan
	above map[*FinishedSpan]int64 // no entry for roots
	seen  map[int64]bool
}

// newTree arranges spans, whose order siblings keep.
func newTree(spans []*FinishedSpan) *tree {
	t := &tree{
		below: make(map[int64][]*FinishedSpan),
		above: make(map[*FinishedSpan]int64),
		seen:  make(map[int64]bool),
	}
	up := climber{there: make(map[int64]bool, len(spans)), known: make(map[*monkit.Span]ancestor)}
	for _, s := range spans {
		up.there[s.Span.Id()] = true
	}
	for _, s := range spans {
		if above := up.from(s.Span); above.ok {
			t.above[s] = above.id
			t.below[above.id] = append(t.below[above.id], s)
		} else {
			t.roots = append(t.roots, s)
		}
	}
	return t
}

// walk calls visit with s and what it led to, depth first. Each span is
// visited once, also if ids from other processes make a circle.
func (t *tree) walk(s *FinishedSpan, visit func(*FinishedSpan)) {
	if t.seen[s.Span.Id()] {
		return
	}
	t.seen[s.Span.Id()] = true
	visit(s)
	for _, child := range t.below[s.Span.Id()] {
		t.walk(child, visit)
	}
}

// climber finds callers.
type climber struct {
	there map[int64]bool            // ids to be found
	known map[*monkit.Span]ancestor // of callers that are not there
}

type ancestor struct {
	id int64
	ok bool
}

// from returns the nearest caller of s that is there.
func (c climber) from(s *monkit.Span) ancestor {
	parent := s.Parent()
	if parent == nil {
		id, _ := s.ParentId() // in another process, or so it says
		return ancestor{id, c.there[id]}
	}
	if id := parent.Id(); c.there[id] {
		return ancestor{id, true}
	}
	found, ok := c.known[parent]
	if !ok {
		found = c.from(parent)
		c.known[parent] = found
	}
	return found
}
