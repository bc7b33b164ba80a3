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

// diary records the calls of a SpanObserver.
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
		t.Errorf("the observer recorded %q, want %q", d.lines, lines)
	}
}

func TestObserversSeeSpansOfTheirTime(t *testing.T) {
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

// stamp is an observer that puts the name of the Func in the context.
type stamp struct{ diary }

type stampKey struct{}

func (*stamp) Start(ctx context.Context, s *Span) context.Context {
	return context.WithValue(ctx, stampKey{}, s.Func().ShortName())
}

func (d *stamp) Finish(ctx context.Context, _ *Span, _ error, _ bool, _ time.Time) {
	d.lines = append(d.lines, ctx.Value(stampKey{}).(string))
}

func TestObserverChangesTheContext(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	d := new(stamp)
	defer r.ObserveTraces(func(tr *Trace) { tr.ObserveSpansCtx(d) })()
	ctx := t.Context()
	end := s.FuncNamed("a").Task(&ctx)
	inner := ctx
	s.FuncNamed("b").Task(&inner)(nil)
	if ctx.Value(stampKey{}) != "a" || inner.Value(stampKey{}) != "b" {
		t.Errorf("the contexts have %v and %v, want a and b", ctx.Value(stampKey{}), inner.Value(stampKey{}))
	}
	if id, _ := SpanFromCtx(inner).ParentId(); id != SpanFromCtx(ctx).Id() {
		t.Errorf("the parent is %d, want the span in the observer's context", id)
	}
	end(nil)
	d.want(t, "b", "a")
}

// bomb is an observer that panics.
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
		t.Errorf("%d successes, %d panics, want 1 and 3", s.FuncNamed("f").Success(), s.health.panics.Load())
	}
	wantNoOpenSpans(t, r)
}

func TestCancelledObserversCostNothing(t *testing.T) {
	r := NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	r.ObserveTraces(func(*Trace) {})()
	wantAllocs(t, "a run", 2, func() { f.Task(nil)(nil) }) // the span and the function that ends it
}

func TestRemoteTraceContinuesATrace(t *testing.T) {
	r := NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var observed []*Trace
	r.ObserveTraces(func(tr *Trace) { observed = append(observed, tr) })
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
		{"the given trace", t.Context(), given, 9, given},
		{"the given trace rather than that of ctx", local, given, 0, given},
		{"the trace of ctx", local, nil, 9, own},
		{"a new trace", t.Context(), nil, 9, nil},
		{"the given trace without ctx", nil, given, 9, given},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, open := len(observed), int64(0)
			if tt.want != nil {
				open = tt.want.Spans()
			}
			ctx := tt.ctx
			end := f.RemoteTrace(&ctx, tt.parent, tt.trace, "arg")
			s := SpanFromCtx(ctx)
			if tt.want != nil && s.Trace() != tt.want || tt.want == nil && (s.Trace() == own || s.Trace() == given) {
				t.Errorf("the trace is %v, want %v", s.Trace(), tt.want)
			}
			if id, ok := s.ParentId(); id != tt.parent || !ok {
				t.Errorf("ParentId is %d, %v, want %d", id, ok, tt.parent)
			}
			if len(observed) != before+1 || observed[before] != s.Trace() || len(s.Args()) != 1 {
				t.Errorf("%d traces observed, args %q", len(observed)-before, s.Args())
			}
			defer f.Task(&ctx)(nil)
			if got := s.Trace().Spans(); got != open+2 {
				t.Errorf("%d spans of the trace are open, want %d", got, open+2)
			}
			err := errors.New("x")
			end(&err)
			if got := s.Trace().Spans(); got != open+1 {
				t.Errorf("%d spans of the trace are open after the end, want %d", got, open+1)
			}
		})
	}
	f.RemoteTrace(nil, 1, nil)(nil)
	var parents []*Func
	f.Parents(func(f *Func) { parents = append(parents, f) })
	if len(parents) != 2 || parents[0] != nil || parents[1] != f || given.Spans() != 0 {
		t.Errorf("parents %v, %d open spans, want nil and f, none", parents, given.Spans())
	}
}

func TestResetTraceStartsATrace(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	defer f.Task(&ctx)(nil)
	reset := ctx
	defer f.ResetTrace(&reset)(nil)
	s := SpanFromCtx(reset)
	if _, ok := s.ParentId(); ok || s.Trace() == SpanFromCtx(ctx).Trace() || s.Context != t.Context() {
		t.Errorf("the span has a parent, the old trace or the context %v", s.Context)
	}
	f.ResetTrace(nil)(nil)
	if f.Success() != 1 {
		t.Errorf("%d runs ended, want 1", f.Success())
	}
}

// A trace is announced before its span starts, and is not taken for one that has
// ended.
func TestAnnouncedTraceIsOpen(t *testing.T) {
	r := NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var open []int64
	defer r.ObserveTraces(func(tr *Trace) { open = append(open, tr.Spans()) })()
	remote := NewTrace(7)
	f.Task(nil)(nil)
	f.RemoteTrace(nil, 0, remote)(nil)
	end := f.RemoteTrace(nil, 0, remote)
	f.RemoteTrace(nil, 0, remote)(nil)
	end(nil)
	if want := []int64{1, 1, 1, 2}; !slices.Equal(open, want) || remote.Spans() != 0 {
		t.Errorf("announced with %d open spans, want %d; %d are left", open, want, remote.Spans())
	}
}
