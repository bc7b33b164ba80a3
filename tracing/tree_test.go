package tracing

import (
	"context"
	"slices"
	"testing"

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
