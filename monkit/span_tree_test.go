package monkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOpenSpansFormATree(t *testing.T) {
	for name, steps := range map[string][]treeStep{
		"nested": {{"a", "a"}, {"a b", "a(b)"}, {"b c", "a(b(c))"}, {"-c", "a(b)"}, {"-b", "a"}, {"-a", ""}},
		"siblings are sorted and end in any order": {
			{"a", "a"}, {"a d", "a(d)"}, {"a c", "a(c d)"}, {"a b", "a(b c d)"}, {"-c", "a(b d)"}, {"-d", "a(b)"}, {"-b", "a"}, {"-a", ""},
		},
		"roots are sorted": {{"b", "b"}, {"a", "a b"}, {"-b", "a"}, {"-a", ""}},
		"an orphan moves to its grandparent": {
			{"a", "a"}, {"a b", "a(b)"}, {"b c", "a(b(c))"}, {"c d", "a(b(c(d)))"},
			{"-b", "a(c*(d))"}, {"-c", "a(d*)"}, {"-a", "d*"}, {"-d", ""},
		},
		"an orphan without a grandparent becomes a root": {
			{"a", "a"}, {"a b", "a(b)"}, {"a c", "a(b c)"}, {"-a", "b* c*"}, {"-c", "b*"}, {"-b", ""},
		},
		"a span whose parent has ended starts as an orphan": {
			{"a", "a"}, {"a b", "a(b)"}, {"-b", "a"}, {"b c", "a(c*)"}, {"-a", "c*"}, {"b d", "c* d*"}, {"-c", "d*"}, {"-d", ""},
		},
	} {
		t.Run(name, func(t *testing.T) { runTreeSteps(t, steps) })
	}
}

// treeStep is a step, and the tree after it. The step "a" starts a root a,
// "a b" starts b below a, and "-a" ends a. See openTree for the tree.
type treeStep struct{ step, want string }

func runTreeSteps(t *testing.T, steps []treeStep) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	ctxs, ends := make(map[string]context.Context), make(map[string]func(*error))
	start := func(name string, ctx context.Context) {
		ends[name] = s.FuncNamed(name).Task(&ctx)
		ctxs[name] = ctx
	}
	for _, step := range steps {
		parent, child, isChild := strings.Cut(step.step, " ")
		if name, isEnd := strings.CutPrefix(step.step, "-"); isEnd {
			ends[name](nil)
		} else if isChild {
			start(child, ctxs[parent])
		} else {
			start(parent, t.Context())
		}
		if got := openTree(r); got != step.want {
			t.Errorf("after %q the tree is %q, want %q", step.step, got, step.want)
		}
	}
}

// openTree returns the names of the open spans, with the children of each in
// brackets, and an asterisk after an orphan.
func openTree(r *Registry) string {
	var roots []string
	r.RootSpans(func(s *Span) { roots = append(roots, openSubtree(s)) })
	return strings.Join(roots, " ")
}

func openSubtree(s *Span) string {
	var children []string
	s.Children(func(s *Span) { children = append(children, openSubtree(s)) })
	name := s.Func().ShortName()
	if s.Orphaned() {
		name += "*"
	}
	if len(children) > 0 {
		name += "(" + strings.Join(children, " ") + ")"
	}
	return name
}

func wantNoOpenSpans(t *testing.T, r *Registry) {
	t.Helper()
	r.AllSpans(func(s *Span) { t.Errorf("%s is open", s) })
}

// Parents, children and grandchildren end in any order, while AllSpans reads.
func TestConcurrentRunsLeaveNoOpenSpan(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				ctx := context.Background()
				end := s.FuncNamed(fmt.Sprint("root", i)).Task(&ctx)
				var children sync.WaitGroup
				for range 3 {
					children.Go(func() {
						ctx := ctx
						end := s.FuncNamed("child").Task(&ctx)
						children.Go(func() { s.FuncNamed("grandchild").Task(&ctx)(nil) })
						end(nil)
					})
				}
				r.AllSpans(func(s *Span) { s.Orphaned() })
				end(nil)
				children.Wait()
				if got := SpanFromCtx(ctx).Trace().Spans(); got != 0 {
					t.Errorf("%d spans of the trace are open", got)
				}
			}
		})
	}
	wg.Wait()
	wantNoOpenSpans(t, r)
}

// treeTest calls the steps of a spanTree one by one.
type treeTest struct {
	*testing.T
	tree *spanTree
	fn   *Func
}

// newTreeTest returns a test of the tree of a new registry.
func newTreeTest(t *testing.T) treeTest {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	return treeTest{t, &f.scope.registry.spans, f}
}

// span returns a span that has no place in the tree yet.
func (t treeTest) span(parent *Span) *Span {
	s := &Span{Context: context.Background(), fn: t.fn}
	s.root, s.parent = s, parent
	if parent != nil {
		s.root = parent.root
	}
	return s
}

func (t treeTest) insert(s *Span) {
	if s.parent == nil {
		t.tree.insertRoot(s)
	} else {
		t.tree.insertChild(s)
	}
}

func (t treeTest) start(parent *Span) *Span {
	s := t.span(parent)
	t.insert(s)
	return s
}

func (t treeTest) end(s *Span) {
	t.tree.markEnded(s)
	t.tree.remove(s)
}

// wantOpen checks that a walk from the roots finds each span of want once, and
// nothing else.
func (t treeTest) wantOpen(want ...*Span) {
	t.Helper()
	found := make(map[*Span]int)
	var walk func(spans []*Span)
	walk = func(spans []*Span) {
		for _, s := range spans {
			if found[s]++; found[s] == 1 {
				walk(t.tree.children(s))
			}
		}
	}
	walk(t.tree.roots())
	for _, s := range want {
		if found[s] != 1 {
			t.Errorf("an open span is found %d times", found[s])
		}
		delete(found, s)
	}
	for range found {
		t.Errorf("a span that is not open is found")
	}
}

// A span keeps its place for a moment after it has ended.
func TestSpanThatEndedBeforeItsParentIsNoOrphan(t *testing.T) {
	test := newTreeTest(t)
	parent := test.start(nil)
	child := test.start(parent)
	test.tree.markEnded(child)
	test.end(parent)
	test.tree.remove(child)
	if child.Orphaned() {
		t.Error("the span is an orphan")
	}
	test.wantOpen()
}

// No span would ever be on the list.
func TestEndedParentGetsNoList(t *testing.T) {
	test := newTreeTest(t)
	root := test.start(nil)
	parent := test.start(root)
	test.end(parent)
	child := test.start(parent)
	if parent.extra.Load() != nil {
		t.Error("the parent has a list")
	}
	test.wantOpen(root, child)
}

// Each round starts and ends spans of a small tree, with a goroutine for each.
// Without one of the reads that the protocol puts second, this fails within a
// few hundred rounds.
func TestConcurrentStepsKeepTheTreeRight(t *testing.T) {
	test := newTreeTest(t)
	deadline := time.Now().Add(time.Second)
	for n := 0; n < 5000 && !t.Failed() && time.Now().Before(deadline); n++ {
		test.round()
	}
}

// round runs a round. Which spans end is random, and so is the order.
func (t treeTest) round() {
	root := t.start(nil)
	parent := t.start(root)
	child, sibling := t.start(parent), t.start(parent)
	all := []*Span{root, parent, child, sibling, t.span(root), t.span(parent)}
	var steps []func()
	for _, late := range all[4:] {
		steps = append(steps, func() { t.insert(late) })
	}
	open := make([]*Span, 0, len(all))
	for i, s := range all {
		if i < 4 && rand.N(2) == 0 {
			steps = append(steps, func() { t.end(s) })
		} else {
			open = append(open, s)
		}
	}
	t.runAtOnce(steps, &root.ensureExtra().children, &parent.ensureExtra().children, t.tree.rootList(child))

	t.wantOpen(open...)
	for _, s := range open {
		if want := s.parent != nil && s.parent.ended(); s.Orphaned() != want {
			t.Errorf("Orphaned of an open span is %v, want %v", s.Orphaned(), want)
		}
	}
	for _, s := range open {
		t.end(s)
	}
	t.wantOpen()
}

// runAtOnce runs each step on a goroutine. It holds the mutexes of lists at
// first, and releases one after the other. So a step stops in the middle, where
// it needs a list, and others run in between, even on a single processor.
func (t treeTest) runAtOnce(steps []func(), lists ...*spanList) {
	for _, l := range lists {
		l.mu.Lock()
	}
	var wg sync.WaitGroup
	for _, i := range rand.Perm(len(steps)) {
		wg.Go(steps[i])
	}
	yield()
	for _, i := range rand.Perm(len(lists)) {
		lists[i].mu.Unlock()
		yield()
	}
	wg.Wait()
}

// yield lets other goroutines run up to two times.
func yield() {
	for range rand.N(3) {
		runtime.Gosched()
	}
}
