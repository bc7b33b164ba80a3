package tracing

import (
	"slices"
	"time"

	"monkit.example/monkit"
)

// MaxSpans is how many spans of one trace are collected. Those that end after
// it was reached are counted, but not kept.
const MaxSpans = 10_000

// FinishedSpan is a span that has ended, and how.
type FinishedSpan struct {
	Span     *monkit.Span
	Err      error
	Panicked bool
	Finish   time.Time
}

// StartTimeSorter sorts spans by when they began.
type StartTimeSorter []*FinishedSpan

func (s StartTimeSorter) Len() int           { return len(s) }
func (s StartTimeSorter) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s StartTimeSorter) Less(i, j int) bool { return byStart(s[i], s[j]) < 0 }

// Sort sorts s in place.
func (s StartTimeSorter) Sort() { slices.SortStableFunc(s, byStart) }

func byStart(a, b *FinishedSpan) int { return a.Span.Start().Compare(b.Span.Start()) }

// tree is spans by who called them.
type tree struct {
	roots []*FinishedSpan // without a parent among the spans
	below map[int64][]*FinishedSpan
	seen  map[int64]bool
}

// newTree arranges spans, whose order siblings keep.
func newTree(spans []*FinishedSpan) *tree {
	t := &tree{below: make(map[int64][]*FinishedSpan), seen: make(map[int64]bool)}
	ids := make(map[int64]bool, len(spans))
	for _, s := range spans {
		ids[s.Span.Id()] = true
	}
	for _, s := range spans {
		parent, ok := s.Span.ParentId()
		if ok && ids[parent] {
			t.below[parent] = append(t.below[parent], s)
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
