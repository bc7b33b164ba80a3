package monkit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"
)

func nan() float64 { return math.NaN() }
func inf() float64 { return math.Inf(1) }

func TestFaultNamesWithoutEnd(t *testing.T) {
	logTo(t, discard{})
	r := NewRegistry()
	r.LimitSources(100)
	s := r.ScopeNamed("s")
	for i := range 1000 {
		s.IntValf("user_%d", i).Observe(1)
		s.FuncNamed(fmt.Sprint("f", i)).Task(nil)(nil)
		s.Chain(fixed{NewSeriesKey(fmt.Sprint("c", i)), 1})
	}
	if n := len(s.index.sources); n > 102 { // two overflow metrics beside the limit
		t.Errorf("%d sources", n)
	}
	if n := len(s.chains); n > 100 {
		t.Errorf("%d chained sources", n)
	}
	if n := Collect(s)["overflow,kind=int,overflow=true,scope=s count"]; n == 0 {
		t.Error("the overflow IntVal is not reported")
	}
}

func TestFaultCallersWithoutEnd(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	callee := s.FuncNamed("callee")
	for i := range 1000 {
		ctx := context.Background()
		end := s.FuncNamed(fmt.Sprint("caller", i)).Task(&ctx)
		callee.Task(&ctx)(nil)
		end(nil)
	}
	n := 0
	callee.Parents(func(*Func) { n++ })
	if n != maxParents {
		t.Errorf("%d callers are remembered, want %d", n, maxParents)
	}
}

func TestFaultErrorNamesWithoutEnd(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	for i := range 1000 {
		err := error(&typedNil{fmt.Sprint("error ", i)})
		f.Task(nil)(&err)
	}
	if n := len(f.Errors()); n > maxErrorNames+1 {
		t.Errorf("%d names of errors", n)
	}
	if f.Errors()[otherErrors] == 0 {
		t.Errorf("errors beyond the limit of names are lost: %v", f.Errors())
	}
}

func TestFaultDeltasWithoutEnd(t *testing.T) {
	d := NewDeltaTransformer()
	d.last = make(map[string]float64, maxDeltas)
	for i := range maxDeltas {
		d.last[fmt.Sprint(i)] = 1
	}
	emitted := 0
	d.Transform(func(SeriesKey, string, float64) { emitted++ })(NewSeriesKey("one more"), "total", 1)
	if len(d.last) > maxDeltas || emitted != 1 {
		t.Errorf("%d series are remembered, %d samples emitted", len(d.last), emitted)
	}
}

func TestFaultMetersKeepAGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	s := NewRegistry().ScopeNamed("s")
	for i := range 100 {
		s.Meter(fmt.Sprint("m", i)).Mark(1)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines became %d", before, now)
	}
}

func TestFaultRemarksWithoutEnd(t *testing.T) {
	ctx := context.Background()
	end := NewRegistry().ScopeNamed("s").FuncNamed("f").Task(&ctx, string(make([]byte, 1<<20)))
	span := SpanFromCtx(ctx)
	for range 1000 {
		span.Annotate("name", "value")
	}
	if n := len(span.Annotations()); n != maxAnnotations {
		t.Errorf("%d remarks, want %d", n, maxAnnotations)
	}
	if n := len(span.Args()[0]); n > 8<<10 {
		t.Errorf("an argument has %d bytes", n)
	}
	end(nil)
}

// TestFaultUnendedSpansStay begins runs that never end, more than are listed,
// and some that end after that.
func TestFaultUnendedSpansStay(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	f := s.FuncNamed("f")
	count := func() (n int) {
		r.AllSpans(func(*Span) { n++ })
		return n
	}
	ctx := context.Background()
	end := f.Task(&ctx)
	for range 2 * maxListed {
		inner := ctx
		f.Task(&inner)
	}
	if n := count(); n != maxListed+2 { // the parent, and the child in its slot
		t.Errorf("%d spans are listed", n)
	}
	unseen := ctx
	endUnseen := f.Task(&unseen)
	endGrandchild := f.Task(&unseen)
	endUnseen(nil)
	if n := count(); n != maxListed+2 {
		t.Errorf("%d spans are listed after an unlisted one ended", n)
	}
	end(nil)
	endGrandchild(nil)
	if got := Collect(s); got["monkit_scope,scope=s unlisted_spans"] < maxListed || got["function,name=f,scope=s successes"] != 3 {
		t.Errorf("samples %v", got)
	}
	if f.Current() != 2*maxListed {
		t.Errorf("%d run", f.Current())
	}
}

// TestFaultOrphansHaveNoParent has a child outlive its parent: it is then a
// child of the nearest ancestor that lives.
func TestFaultOrphansHaveNoParent(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	ctx := context.Background()
	endGrandparent := s.FuncNamed("grandparent").Task(&ctx)
	grandparent := SpanFromCtx(ctx)
	endParent := s.FuncNamed("parent").Task(&ctx)
	endChild := s.FuncNamed("child").Task(&ctx)
	child := SpanFromCtx(ctx)
	endParent(nil)
	found := false
	grandparent.Children(func(s *Span) { found = found || s == child })
	if !found || !child.Orphaned() {
		t.Errorf("the child is below its grandparent: %v, and an orphan: %v", found, child.Orphaned())
	}
	endChild(nil)
	endGrandparent(nil)
	r.AllSpans(func(s *Span) { t.Errorf("%v is left", s) })
}

// TestFaultCallsWaitForEachOther calls one Func from many parents at once. Some
// calls end with errors, and each goroutine reads the Func.
func TestFaultCallsWaitForEachOther(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	f := s.FuncNamed("f")
	failed := errors.New("failed")
	const goroutines, each = 8, 200
	done := make(chan struct{})
	for g := range goroutines {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range each {
				ctx := context.Background()
				end := s.FuncNamed(fmt.Sprint("parent", g)).Task(&ctx)
				var err error
				if i%2 == 0 {
					err = failed
				}
				f.Task(&ctx)(&err)
				end(nil)
				Collect(f)
			}
		}()
	}
	for range goroutines {
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("calls wait for ever")
		}
	}
	if got := Collect(f)["function,name=f,scope=s total"]; got != goroutines*each {
		t.Errorf("%v calls, want %d", got, goroutines*each)
	}
}
