package monkit

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"
)

// treeTest calls the steps of a spanTree one by one.
type treeTest struct {
	*testing.T
	tree *spanTree
	fn   *Func
}

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
		t.Errorf("a span that has ended is found")
	}
}

// A span that has ended may still have its place for a moment.
func TestSpanThatEndedBeforeItsParentIsNoOrphan(t *testing.T) {
	test := newTreeTest(t)
	parent := test.start(nil)
	child := test.start(parent)
	test.tree.markEnded(child)
	test.end(parent)
	test.tree.remove(child)
	if child.Orphaned() {
		t.Error("it is one")
	}
	test.wantOpen()
}

// The list would be garbage at once.
func TestEndedParentGetsNoList(t *testing.T) {
	test := newTreeTest(t)
	root := test.start(nil)
	parent := test.start(root)
	test.end(parent)
	child := test.start(parent)
	if parent.extra.Load() != nil {
		t.Error("it has memory for one")
	}
	test.wantOpen(root, child)
}

// TestSpanTreeSurvivesConcurrentSteps has a goroutine for each span that starts
// or ends in a small tree, in many rounds. It fails within some hundred rounds
// if one of the looks of the protocol is missing.
func TestSpanTreeSurvivesConcurrentSteps(t *testing.T) {
	test := newTreeTest(t)
	deadline := time.Now().Add(time.Second)
	for n := 0; n < 5000 && !t.Failed() && time.Now().Before(deadline); n++ {
		test.round()
	}
}

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
	for _, s := range all {
		// A span that ended at the same time as its parent may be either.
		if orphaned := s.parent != nil && s.parent.ended(); s.Orphaned() != orphaned && !s.ended() {
			t.Errorf("an open span is an orphan: %v, want %v", s.Orphaned(), orphaned)
		}
	}
	for _, s := range open {
		t.end(s)
	}
	t.wantOpen()
}

// runAtOnce runs each of steps on a goroutine. It holds the mutexes of lists at
// first and releases them one by one: so steps stop where they need a list,
// and others act in between, even on a single processor.
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

// yield lets other goroutines run for a while, sometimes none.
func yield() {
	for range rand.N(3) {
		runtime.Gosched()
	}
}
