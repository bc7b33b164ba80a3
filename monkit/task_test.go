package monkit

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
)

var scope = NewRegistry().ScopeNamed("scope")

func inlineTask(ctx context.Context) (err error) {
	defer scope.Task()(&ctx)(&err)
	return nil
}

var storedTask = scope.Task()

func storedFirst(ctx context.Context) (err error) {
	defer storedTask(&ctx)(&err)
	return nil
}

func taggedTask(ctx context.Context, val string) (err error) {
	defer scope.Task(SeriesTag{"tag", val})(&ctx)(&err)
	return nil
}

func startFinish(ctx context.Context) (err error) {
	defer scope.Start(&ctx).Finish(&err)
	return nil
}

func TestTaskIsNamedAfterItsFunction(t *testing.T) {
	ctx := t.Context()
	scope.Funcs(func(f *Func) { f.Reset() })
	for range 2 {
		inlineTask(ctx)
		storedFirst(ctx)
		taggedTask(ctx, "a")
		taggedTask(ctx, "b")
		startFinish(ctx)
	}
	for _, tt := range []struct {
		name string
		tags []SeriesTag
		want int64
	}{
		{"inlineTask", nil, 2},
		{"storedFirst", nil, 2},
		{"taggedTask", []SeriesTag{{"tag", "a"}}, 2},
		{"taggedTask", []SeriesTag{{"tag", "b"}}, 2},
		{"taggedTask", []SeriesTag{{"name", "taggedTask"}, {"tag", "b"}}, 2},
		{"startFinish", nil, 2},
		{"taggedTask", nil, 0},
	} {
		if got := scope.FuncNamed(tt.name, tt.tags...).Success(); got != tt.want {
			t.Errorf("%s%v ran %d times, want %d", tt.name, tt.tags, got, tt.want)
		}
	}
}

func TestTaskFuncStartsNoRun(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	stored := s.Task()
	if got := stored.Func().ShortName(); got != "TestTaskFuncStartsNoRun" {
		t.Errorf("the Func of a Task that was never called is %q", got)
	}
	user := func() { stored(nil)(nil) }
	user()
	for name, f := range map[string]*Func{
		"TestTaskFuncStartsNoRun.func1": stored.Func(),
		"named":                         s.TaskNamed("named").Func(),
		"TestTaskFuncStartsNoRun":       s.Task().Func(),
	} {
		if f.ShortName() != name {
			t.Errorf("the Func is %q, want %q", f.ShortName(), name)
		}
	}
	if f := s.FuncNamed("named"); f != s.TaskNamed("named").Func() || f.Success() != 0 {
		t.Errorf("there are two Funcs of one name, or %d runs", f.Success())
	}
}

func TestTaskTakesNilContexts(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	f.Task(nil)(nil)
	var ctx context.Context
	f.Task(&ctx)(nil)
	//lint:ignore SA1012 a nil context is what is tested
	none := SpanFromCtx(nil)
	if SpanFromCtx(ctx) == nil || none != nil {
		t.Errorf("SpanFromCtx is %v after a nil context, and %v of nil", SpanFromCtx(ctx), none)
	}
	if f.Success() != 2 {
		t.Errorf("%d runs, want 2", f.Success())
	}
}

func TestPanicIsCountedAndPassedOn(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	inner, outer := s.FuncNamed("inner"), s.FuncNamed("outer")
	mine := errors.New("mine")
	defer func() {
		if rec := recover(); rec != mine {
			t.Errorf("recovered %v, want %v", rec, mine)
		}
		for _, f := range []*Func{inner, outer} {
			if f.Panics() != 1 || f.Current() != 0 || len(f.Errors()) != 0 || f.FailureTimes().Count != 1 {
				t.Errorf("%s: %d panics, %d current, errors %v", f.ShortName(), f.Panics(), f.Current(), f.Errors())
			}
		}
		f := s.FuncNamed("TestPanicIsCountedAndPassedOn")
		if f.Panics() != 1 {
			t.Errorf("Finish counted %d panics, want 1", f.Panics())
		}
		wantNoOpenSpans(t, r)
	}()
	ctx := t.Context()
	defer s.Start(&ctx).Finish(nil)
	defer outer.Task(&ctx)(nil)
	defer inner.Task(&ctx)(nil)
	panic(mine)
}

func TestSecondEndHasNoEffect(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	end := f.Task(&ctx)
	end(nil)
	end(nil)
	if f.Success() != 1 || f.Current() != 0 || SpanFromCtx(ctx).Trace().Spans() != 0 {
		t.Errorf("%d successes, %d current, %d open spans", f.Success(), f.Current(), SpanFromCtx(ctx).Trace().Spans())
	}
}

func TestParentsAreInOrderOfTheirFirstCall(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	callee, a, b := s.FuncNamed("callee"), s.FuncNamed("a"), s.FuncNamed("b")
	for _, caller := range []*Func{a, b, a, nil, b} {
		ctx := t.Context()
		if caller != nil {
			defer caller.Task(&ctx)(nil)
		}
		callee.Task(&ctx)(nil)
	}
	var got []*Func
	callee.Parents(func(f *Func) { got = append(got, f) })
	if len(got) != 3 || got[0] != a || got[1] != b || got[2] != nil {
		t.Errorf("parents %v, want a, b and nil", got)
	}
}

// The test holds the mutex, so that several goroutines find the parent missing
// before the first one adds it.
func TestParentIsRecordedOnceByConcurrentCalls(t *testing.T) {
	f, parent := new(Func), new(Func)
	var wg sync.WaitGroup
	f.parentsMu.Lock()
	for range 8 {
		wg.Go(func() { f.recordParent(parent) })
	}
	for range 100 {
		runtime.Gosched()
	}
	f.parentsMu.Unlock()
	wg.Wait()
	if n := f.parents.Load().size(); n != 1 {
		t.Errorf("the parent is recorded %d times", n)
	}
}

func TestParentsAreBounded(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	f := s.FuncNamed("f")
	for range 2 * maxParents {
		f.recordParent(new(Func))
	}
	n := 0
	f.Parents(func(*Func) { n++ })
	if n != maxParents {
		t.Errorf("%d parents, want %d", n, maxParents)
	}
}

// Where Task is inlined into its function, the return address stands for the
// function. Where it is called through a variable, the return address is the
// same for all functions, and stands for none.
func TestCallSiteIsTheCallingFunction(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	stored, start := s.Task(), s.Start
	ctx := t.Context()
	for range 2 {
		s.Task()(nil)(nil)
		s.Start(nil).Finish(nil)
		func() { stored(nil)(nil) }()
		func() { stored(nil)(nil) }()
		func() { start(&ctx).Finish(nil) }()
		func() { start(&ctx).Finish(nil) }()
	}
	for name, want := range map[string]int64{
		"TestCallSiteIsTheCallingFunction": 4, "TestCallSiteIsTheCallingFunction.func1": 4, "TestCallSiteIsTheCallingFunction.func2": 0,
		"TestCallSiteIsTheCallingFunction.func3": 2, "TestCallSiteIsTheCallingFunction.func4": 2,
	} {
		if got := s.FuncNamed(name).Success(); got != want {
			t.Errorf("%s ran %d times, want %d", name, got, want)
		}
	}
}
