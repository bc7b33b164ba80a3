package monkit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// tree tells the live spans by the names of their Funcs, children in
// brackets.
func tree(r *Registry) string {
	var roots []string
	r.RootSpans(func(s *Span) { roots = append(roots, subtree(s)) })
	return strings.Join(roots, " ")
}

func subtree(s *Span) string {
	var kids []string
	s.Children(func(s *Span) { kids = append(kids, subtree(s)) })
	name := s.Func().ShortName()
	if s.Orphaned() {
		name += "*"
	}
	if len(kids) > 0 {
		name += "(" + strings.Join(kids, " ") + ")"
	}
	return name
}

// family runs steps such as "a", which starts a, "a b", which starts b below
// a, and "-a", which ends a. After each it compares the tree.
func family(t *testing.T, steps [][2]string) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	ctxs, ends := make(map[string]context.Context), make(map[string]func(*error))
	for _, step := range steps {
		what, want := step[0], step[1]
		if name, ok := strings.CutPrefix(what, "-"); ok {
			ends[name](nil)
		} else {
			parent, name, ok := strings.Cut(what, " ")
			if !ok {
				name = parent
			}
			ctx := t.Context()
			if ok {
				ctx = ctxs[parent]
			}
			ends[name] = s.FuncNamed(name).Task(&ctx)
			ctxs[name] = ctx
		}
		if got := tree(r); got != want {
			t.Errorf("after %q: %q, want %q", what, got, want)
		}
	}
}

func TestSpanTree(t *testing.T) {
	for name, steps := range map[string][][2]string{
		"nested": {{"a", "a"}, {"a b", "a(b)"}, {"b c", "a(b(c))"}, {"-c", "a(b)"}, {"-b", "a"}, {"-a", ""}},
		"siblings are sorted, any ends first": {
			{"a", "a"}, {"a d", "a(d)"}, {"a c", "a(c d)"}, {"a b", "a(b c d)"}, {"-c", "a(b d)"}, {"-d", "a(b)"}, {"-b", "a"}, {"-a", ""},
		},
		"roots are sorted": {{"b", "b"}, {"a", "a b"}, {"-b", "a"}, {"-a", ""}},
		"an orphan goes to its grandparent": {
			{"a", "a"}, {"a b", "a(b)"}, {"b c", "a(b(c))"}, {"c d", "a(b(c(d)))"},
			{"-b", "a(c*(d))"}, {"-c", "a(d*)"}, {"-a", "d*"}, {"-d", ""},
		},
		"an orphan without one is a root": {
			{"a", "a"}, {"a b", "a(b)"}, {"a c", "a(b c)"}, {"-a", "b* c*"}, {"-c", "b*"}, {"-b", ""},
		},
		"below one that ended": {
			{"a", "a"}, {"a b", "a(b)"}, {"-b", "a"}, {"b c", "a(c*)"}, {"-a", "c*"}, {"b d", "c* d*"}, {"-c", "d*"}, {"-d", ""},
		},
	} {
		t.Run(name, func(t *testing.T) { family(t, steps) })
	}
}

func TestSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewRegistry().ScopeNamed("s")
		f, g := s.FuncNamed("f"), s.FuncNamed("g")
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "val")
		began := time.Now()
		defer f.Task(&ctx, "arg", 1)(nil)
		root := SpanFromCtx(ctx)
		if ctx != context.Context(root) || root.Value(key{}) != "val" {
			t.Errorf("the span is not the context")
		}
		inner, cancel := context.WithCancel(ctx)
		defer g.Task(&inner)(nil)
		child := SpanFromCtx(inner)
		time.Sleep(time.Second)
		if child.Trace() != root.Trace() || root.Trace().Spans() != 2 {
			t.Errorf("the trace has %d spans", root.Trace().Spans())
		}
		if id, ok := child.ParentId(); !ok || id != root.Id() {
			t.Errorf("parent is %d %v, want %d", id, ok, root.Id())
		}
		if id, ok := root.ParentId(); ok {
			t.Errorf("the root's parent is %d", id)
		}
		if child.Parent() != root || root.Parent() != nil {
			t.Errorf("parents are %v and %v", child.Parent(), root.Parent())
		}
		if root.Func() != f || !root.Start().Equal(began) || child.Duration() != time.Second || child.Orphaned() {
			t.Errorf("func %v start %v duration %v", root.Func(), root.Start(), child.Duration())
		}
		if got := root.Args(); !slices.Equal(got, []string{`"arg"`, "1"}) {
			t.Errorf("args %q", got)
		}
		if !strings.Contains(root.String(), `s.f("arg", 1)`) {
			t.Errorf("text %q", root)
		}
		cancel()
		if <-inner.Done(); inner.Err() != context.Canceled || root.Err() != nil {
			t.Errorf("cancelled: %v, %v", inner.Err(), root.Err())
		}
	})
}

func TestResetContextSpan(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	defer f.Task(&ctx)(nil)
	reset := ResetContextSpan(ctx)
	if SpanFromCtx(reset) != nil || reset.Done() != ctx.Done() {
		t.Errorf("the span shows")
	}
	defer f.Task(&reset)(nil)
	if SpanFromCtx(reset).Trace() == SpanFromCtx(ctx).Trace() {
		t.Errorf("the trace goes on")
	}
}

// A chain of calls must not make a chain of contexts.
func TestSpansDoNotWrapSpans(t *testing.T) {
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

func TestTraceValues(t *testing.T) {
	tr := NewTrace(7)
	if tr.Id() != 7 || tr.Get("k") != nil || len(tr.GetAll()) != 0 {
		t.Errorf("a new trace has %v", tr.GetAll())
	}
	tr.Set("k", 1)
	tr.GetAll()["k"] = 2
	if tr.Get("k") != 1 {
		t.Errorf("k is %v", tr.Get("k"))
	}
}

// The existing library's ids were one sequence.
func TestIdsAreApart(t *testing.T) {
	seen, steps := make(map[int64]bool), make(map[int64]bool)
	for last := NewId(); len(seen) < 1000; {
		id := NewId()
		if id <= 0 || seen[id] || steps[id-last] {
			t.Fatalf("id %d after %d", id, last)
		}
		seen[id], steps[id-last], last = true, true, id
	}
}

// Parents, children and grandchildren end in any order, others look on.
func TestSpansAreConcurrent(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				ctx := context.Background()
				end := s.FuncNamed(fmt.Sprint("root", i)).Task(&ctx)
				var kids sync.WaitGroup
				for range 3 {
					kids.Go(func() {
						kid := ctx
						end := s.FuncNamed("kid").Task(&kid)
						kids.Go(func() { s.FuncNamed("grandkid").Task(&kid)(nil) })
						end(nil)
					})
				}
				r.AllSpans(func(s *Span) { s.Orphaned() })
				end(nil)
				kids.Wait()
				if got := SpanFromCtx(ctx).Trace().Spans(); got != 0 {
					t.Errorf("%d spans live on", got)
				}
			}
		})
	}
	wg.Wait()
	r.core.spans.none(t)
}
