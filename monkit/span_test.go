package monkit

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSpanDescribesItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewRegistry().ScopeNamed("s")
		f, g := s.FuncNamed("f"), s.FuncNamed("g")
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "val")
		began := time.Now()
		defer f.Task(&ctx, "arg", 1)(nil)
		root := SpanFromCtx(ctx)
		if ctx != context.Context(root) || root.Value(key{}) != "val" {
			t.Errorf("the context is %v, want the span", ctx)
		}
		inner, cancel := context.WithCancel(ctx)
		defer g.Task(&inner)(nil)
		child := SpanFromCtx(inner)
		time.Sleep(time.Second)
		if child.Trace() != root.Trace() || root.Trace().Spans() != 2 {
			t.Errorf("the trace of the root has %d open spans, want 2", root.Trace().Spans())
		}
		if id, ok := child.ParentId(); !ok || id != root.Id() {
			t.Errorf("ParentId of the child is %d, %v, want %d", id, ok, root.Id())
		}
		if id, ok := root.ParentId(); ok {
			t.Errorf("ParentId of the root is %d, want none", id)
		}
		if child.Parent() != root || root.Parent() != nil {
			t.Errorf("Parent of the child is %v, of the root %v", child.Parent(), root.Parent())
		}
		if root.Func() != f || !root.Start().Equal(began) || child.Duration() != time.Second || child.Orphaned() {
			t.Errorf("Func %v, Start %v, Duration %v, Orphaned %v", root.Func(), root.Start(), child.Duration(), child.Orphaned())
		}
		if got := root.Args(); !slices.Equal(got, []string{`"arg"`, "1"}) {
			t.Errorf("Args %q", got)
		}
		if !strings.Contains(root.String(), `s.f("arg", 1)`) {
			t.Errorf("String %q", root)
		}
		cancel()
		if <-inner.Done(); inner.Err() != context.Canceled || root.Err() != nil {
			t.Errorf("once the child is cancelled, its Err is %v and that of the root %v", inner.Err(), root.Err())
		}
	})
}

func TestResetContextSpanEndsTheTrace(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	defer f.Task(&ctx)(nil)
	reset := ResetContextSpan(ctx)
	if SpanFromCtx(reset) != nil || reset.Done() != ctx.Done() {
		t.Errorf("the span is still there, or the context is another one")
	}
	defer f.Task(&reset)(nil)
	if SpanFromCtx(reset).Trace() == SpanFromCtx(ctx).Trace() {
		t.Errorf("the next run is in the same trace")
	}
}

func TestNestedRunsDoNotNestContexts(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	base := t.Context()
	ctx := base
	for range 3 {
		defer f.Task(&ctx)(nil)
		if SpanFromCtx(ctx).Context != base {
			t.Fatalf("the span wraps %v", SpanFromCtx(ctx).Context)
		}
	}
}

func TestTraceKeepsValues(t *testing.T) {
	tr := NewTrace(7)
	if tr.Id() != 7 || tr.Get("k") != nil || len(tr.GetAll()) != 0 {
		t.Errorf("a new trace has id %d and values %v", tr.Id(), tr.GetAll())
	}
	tr.Set("k", 1)
	tr.GetAll()["k"] = 2
	if tr.Get("k") != 1 {
		t.Errorf("k is %v, want 1", tr.Get("k"))
	}
}

// The ids of the existing library were one sequence.
func TestIdsAreUnrelated(t *testing.T) {
	seen, steps := make(map[int64]bool), make(map[int64]bool)
	for last := NewId(); len(seen) < 1000; {
		id := NewId()
		if id <= 0 || seen[id] || steps[id-last] {
			t.Fatalf("id %d follows %d", id, last)
		}
		seen[id], steps[id-last], last = true, true, id
	}
}

// chronos#85: a clock that is set while a trace is under way must not move some of
// its spans.
func TestSpansStartByTheClockOfTheirRoot(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	ctx := context.Background()
	defer s.FuncNamed("root").Task(&ctx)(nil)
	root := SpanFromCtx(ctx)
	defer s.FuncNamed("child").Task(&ctx)(nil)
	child := SpanFromCtx(ctx)
	extra := root.ensureExtra()
	extra.mu.Lock()
	extra.start = time.Unix(1000, 0) // as it was before the clock was set
	extra.mu.Unlock()
	if after := child.Start().Sub(root.Start()); after < 0 || after > time.Minute {
		t.Errorf("the child starts %v after its root", after)
	}
}
