package tracing

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

func TestSpansOfACircleAreVisitedOnce(t *testing.T) {
	f := monkit.NewRegistry().ScopeNamed("s").FuncNamed("f")
	trace := monkit.NewTrace(1)
	var spans []*FinishedSpan
	parent := int64(0)
	for range 3 {
		ctx := context.Background()
		f.RemoteTrace(&ctx, parent, trace)(nil)
		s := monkit.SpanFromCtx(ctx)
		parent = s.Id()
		spans = append(spans, &FinishedSpan{Span: s, Finish: s.Start().Add(1)})
	}
	circle := newTree(spans)
	circle.children[spans[2].Span.Id()] = spans[:1]
	var visited []*FinishedSpan
	circle.walk(spans[1], func(s *FinishedSpan) { visited = append(visited, s) })
	if len(visited) != 3 {
		t.Errorf("%d spans, want 3", len(visited))
	}
}

func TestSpansOfACircleAreWalked(t *testing.T) {
	spans := outcomes()
	circle := newTree(spans)
	circle.roots = nil // as in a circle
	var visited []*FinishedSpan
	circle.walkAll(spans, func(s *FinishedSpan) { visited = append(visited, s) })
	if !slices.Equal(visited, spans) {
		t.Errorf("visited %v, want %v", names(visited), names(spans))
	}
}

// The clock of a bubble stands still, so all spans start at the same time.
func TestCallerIsBeforeItsCallees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := outcomes()
		slices.Reverse(spans) // the order in which they ended, the root last
		var parents []int
		for _, r := range rowsOf(spans) {
			parents = append(parents, r.parent)
		}
		if want := []int{-1, 0, 0, 0}; !slices.Equal(parents, want) {
			t.Errorf("parents are the rows %v, want %v", parents, want)
		}
	})
}

func TestSiblingsAreOrderedByStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := monkit.NewRegistry().ScopeNamed("s")
		var spans []*FinishedSpan
		run(t.Context(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
			spans = CollectSpans(ctx, func(ctx context.Context) {
				for _, name := range []string{"a", "b", "c"} {
					run(ctx, s.FuncNamed(name), nil, func(context.Context) { time.Sleep(time.Nanosecond) })
				}
			})
		})
		slices.Reverse(spans)
		var order []string
		for _, r := range rowsOf(spans) {
			order = append(order, r.Func.Name)
		}
		if want := []string{"outer-TRACED", "a", "b", "c"}; !slices.Equal(order, want) {
			t.Errorf("rows of %v, want %v", order, want)
		}
	})
}

func TestStartTimeSorterSortsByStart(t *testing.T) {
	spans := outcomes()
	slices.Reverse(spans)
	StartTimeSorter(spans).Sort()
	if got := names(spans); !slices.Equal(got, []string{"outer-TRACED", "failed", "canceled", "panicked"}) {
		t.Error(got)
	}
	if s := StartTimeSorter(spans); s.Len() != 4 || !s.Less(0, 1) || s.Less(1, 0) {
		t.Error("the order of Less")
	}
}
