package monkit

import (
	"context"
	"errors"
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

func TestTasksAreNamed(t *testing.T) {
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

func TestTaskFunc(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	kept := s.Task()
	if got := kept.Func().ShortName(); got != "TestTaskFunc" {
		t.Errorf("a Task not called yet is %q", got)
	}
	user := func() { kept(nil)(nil) }
	user()
	for name, f := range map[string]*Func{
		"TestTaskFunc.func1": kept.Func(),
		"named":              s.TaskNamed("named").Func(),
		"TestTaskFunc":       s.Task().Func(),
	} {
		if f.ShortName() != name {
			t.Errorf("got %q, want %q", f.ShortName(), name)
		}
	}
	if f := s.FuncNamed("named"); f != s.TaskNamed("named").Func() || f.Success() != 0 {
		t.Errorf("asking a Task for its Func runs it")
	}
}

func TestTaskTakesAnyContext(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	f.Task(nil)(nil)
	var ctx context.Context
	f.Task(&ctx)(nil)
	//lint:ignore SA1012 a nil context is what is tested
	if SpanFromCtx(ctx) == nil || SpanFromCtx(nil) != nil {
		t.Errorf("a nil context got no span")
	}
	if f.Success() != 2 {
		t.Errorf("%d runs", f.Success())
	}
}

func TestPanicsPass(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	inner, outer := s.FuncNamed("inner"), s.FuncNamed("outer")
	mine := errors.New("mine")
	defer func() {
		if rec := recover(); rec != mine {
			t.Errorf("recovered %v", rec)
		}
		for _, f := range []*Func{inner, outer} {
			if f.Panics() != 1 || f.Current() != 0 || len(f.Errors()) != 0 || f.FailureTimes().Count != 1 {
				t.Errorf("%s: panics %d current %d errors %v", f.ShortName(), f.Panics(), f.Current(), f.Errors())
			}
		}
		f := s.FuncNamed("TestPanicsPass")
		if f.Panics() != 1 {
			t.Errorf("Finish saw %d panics", f.Panics())
		}
		s.registry.spans.none(t)
	}()
	ctx := t.Context()
	defer s.Start(&ctx).Finish(nil)
	defer outer.Task(&ctx)(nil)
	defer inner.Task(&ctx)(nil)
	panic(mine)
}

func (r *spanTree) none(t *testing.T) {
	t.Helper()
	for _, s := range r.roots() {
		t.Errorf("%s is live", s)
	}
}

func TestOnlyTheFirstEndCounts(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	end := f.Task(&ctx)
	end(nil)
	end(nil)
	if f.Success() != 1 || f.Current() != 0 || SpanFromCtx(ctx).Trace().Spans() != 0 {
		t.Errorf("success %d current %d", f.Success(), f.Current())
	}
}

func TestParents(t *testing.T) {
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
		t.Errorf("parents %v", got)
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

// A place that is inlined into its function is known without asking the
// runtime for callers again; one that many functions come through is not
// taken for any of them.
func TestCallSites(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	kept, start := s.Task(), s.Start
	ctx := t.Context()
	for range 2 {
		s.Task()(nil)(nil)
		s.Start(nil).Finish(nil)
		func() { kept(nil)(nil) }()
		func() { kept(nil)(nil) }()
		func() { start(&ctx).Finish(nil) }()
		func() { start(&ctx).Finish(nil) }()
	}
	for name, want := range map[string]int64{
		"TestCallSites": 4, "TestCallSites.func1": 4, "TestCallSites.func2": 0,
		"TestCallSites.func3": 2, "TestCallSites.func4": 2,
	} {
		if got := s.FuncNamed(name).Success(); got != want {
			t.Errorf("%s ran %d times, want %d", name, got, want)
		}
	}
}
