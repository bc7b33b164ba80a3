package monkit

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// diary writes down what it is told.
type diary struct{ lines []string }

func (d *diary) Start(s *Span) { d.lines = append(d.lines, "start "+s.Func().ShortName()) }

func (d *diary) Finish(s *Span, err error, panicked bool, finish time.Time) {
	line := "finish " + s.Func().ShortName()
	if err != nil {
		line += " " + err.Error()
	}
	if panicked {
		line += " panicked"
	}
	d.lines = append(d.lines, line+" "+finish.Sub(s.Start()).String())
}

func (d *diary) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(d.lines, lines) {
		t.Errorf("got %q, want %q", d.lines, lines)
	}
}

func TestObservers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry()
		s := r.ScopeNamed("s")
		a, b := s.FuncNamed("a"), s.FuncNamed("b")
		all, late := new(diary), new(diary)
		cancel := r.ObserveTraces(func(tr *Trace) { tr.ObserveSpans(all) })
		ctx := t.Context()
		end := a.Task(&ctx)
		stop := SpanFromCtx(ctx).Trace().ObserveSpans(late)
		time.Sleep(time.Second)
		err := error(io.EOF)
		func() {
			defer func() { recover() }()
			inner := ctx
			defer b.Task(&inner)(nil)
			panic("no")
		}()
		stop()
		end(&err)
		cancel()
		b.Task(nil)(nil)
		all.want(t, "start a", "start b", "finish b panicked 0s", "finish a EOF 1s")
		late.want(t, "start b", "finish b panicked 0s")
	})
}

type stamp struct{ diary }

type stampKey struct{}

func (*stamp) Start(ctx context.Context, s *Span) context.Context {
	return context.WithValue(ctx, stampKey{}, s.Func().ShortName())
}

func (d *stamp) Finish(ctx context.Context, _ *Span, _ error, _ bool, _ time.Time) {
	d.lines = append(d.lines, ctx.Value(stampKey{}).(string))
}

func TestObserversChangeTheContext(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	d := new(stamp)
	defer r.ObserveTraces(func(tr *Trace) { tr.ObserveSpansCtx(d) })()
	ctx := t.Context()
	end := s.FuncNamed("a").Task(&ctx)
	inner := ctx
	s.FuncNamed("b").Task(&inner)(nil)
	if ctx.Value(stampKey{}) != "a" || inner.Value(stampKey{}) != "b" {
		t.Errorf("stamps %v and %v", ctx.Value(stampKey{}), inner.Value(stampKey{}))
	}
	if id, _ := SpanFromCtx(inner).ParentId(); id != SpanFromCtx(ctx).Id() {
		t.Errorf("the parent is lost behind the observer's context")
	}
	end(nil)
	d.want(t, "b", "a")
}

type bomb struct{}

func (bomb) Start(context.Context, *Span) context.Context          { panic("no") }
func (bomb) Finish(context.Context, *Span, error, bool, time.Time) { panic("no") }

func TestObserverPanicsAreCounted(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	r.ObserveTraces(func(tr *Trace) { tr.ObserveSpansCtx(bomb{}) })
	r.ObserveTraces(func(tr *Trace) { panic("no") })
	ctx := t.Context()
	s.FuncNamed("f").Task(&ctx)(nil)
	if SpanFromCtx(ctx) == nil || s.FuncNamed("f").Success() != 1 || s.health.panics.Load() != 3 {
		t.Errorf("%d panics", s.health.panics.Load())
	}
	r.core.spans.none(t)
}

func TestRemoteTrace(t *testing.T) {
	r := NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var announced []*Trace
	r.ObserveTraces(func(tr *Trace) { announced = append(announced, tr) })
	given := NewTrace(7)
	local := t.Context()
	defer r.ScopeNamed("s").FuncNamed("caller").Task(&local)(nil)
	own := SpanFromCtx(local).Trace()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		trace  *Trace
		parent int64
		want   *Trace // nil for a new one
	}{
		{"given", t.Context(), given, 9, given},
		{"given, called from a span", local, given, 0, given},
		{"of the context", local, nil, 9, own},
		{"new", t.Context(), nil, 9, nil},
		{"without a context", nil, given, 9, given},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(announced)
			ctx := tt.ctx
			end := f.RemoteTrace(&ctx, tt.parent, tt.trace, "arg")
			s := SpanFromCtx(ctx)
			if tt.want != nil && s.Trace() != tt.want || tt.want == nil && (s.Trace() == own || s.Trace() == given) {
				t.Errorf("trace %d", s.Trace().Id())
			}
			if id, ok := s.ParentId(); id != tt.parent || !ok {
				t.Errorf("parent %d %v", id, ok)
			}
			if len(announced) != before+1 || announced[before] != s.Trace() || len(s.Args()) != 1 {
				t.Errorf("%d traces announced", len(announced)-before)
			}
			err := errors.New("x")
			end(&err)
		})
	}
	f.RemoteTrace(nil, 1, nil)(nil)
	var parents []*Func
	f.Parents(func(f *Func) { parents = append(parents, f) })
	if len(parents) != 1 || parents[0] != nil || given.Spans() != 0 {
		t.Errorf("parents %v, %d spans", parents, given.Spans())
	}
}

func TestResetTrace(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	defer f.Task(&ctx)(nil)
	reset := ctx
	defer f.ResetTrace(&reset)(nil)
	s := SpanFromCtx(reset)
	if _, ok := s.ParentId(); ok || s.Trace() == SpanFromCtx(ctx).Trace() || s.Context != t.Context() {
		t.Errorf("the old trace shows")
	}
	f.ResetTrace(nil)(nil)
	if f.Success() != 1 {
		t.Errorf("%d runs ended", f.Success())
	}
}
