package monkit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Span is one run of a Func that is under way. It is a context.Context, the
// one that the run's callees get, so that they find it.
type Span struct {
	context.Context

	fn     *Func
	trace  *Trace
	parent *Span // who called, if in this process
	id     int64
	start  int64     // ticks
	more   *spanMore // nil while empty; guarded by kids.mu, but for open

	orphaned   atomic.Bool
	in         atomic.Pointer[spanList] // where it is listed
	prev, next *Span                    // guarded by in's lock
	kids       spanList
}

// spanMore is what most spans do not have.
type spanMore struct {
	args      []interface{}
	notes     []Annotation
	remoteID  int64 // the parent in another process, if hasRemote
	hasRemote bool
	start     time.Time       // zero until it was asked for
	ctx       context.Context // what an observer made of the span; nil if nothing
}

// Annotation is a remark on a span.
type Annotation struct {
	Name, Value string
}

// maxAnnotations bounds how many remarks a span keeps; further ones are lost.
const maxAnnotations = 256

// spanKey is the context key of the span.
type spanKey struct{}

// SpanFromCtx returns the span that ctx runs in, nil if there is none.
func SpanFromCtx(ctx context.Context) *Span {
	if ctx == nil {
		return nil
	}
	if s, ok := ctx.(*Span); ok {
		return s
	}
	s, _ := ctx.Value(spanKey{}).(*Span)
	return s
}

// ResetContextSpan returns ctx without its span: what runs in it starts a
// trace of its own.
func ResetContextSpan(ctx context.Context) context.Context {
	return spanless{ctx}
}

type spanless struct{ context.Context }

func (c spanless) Value(key interface{}) interface{} {
	if key == (spanKey{}) {
		return nil
	}
	return c.Context.Value(key)
}

// open begins a run inside what ctx says.
func (f *Func) open(ctx *context.Context, args []interface{}) *Span {
	if ctx == nil {
		return f.openTrace(nil, context.Background(), args)
	}
	switch c := (*ctx).(type) {
	case nil:
		return f.openTrace(ctx, context.Background(), args)
	case *Span:
		return f.openChild(ctx, c, c.Context, args)
	case *probe:
		c.fn = f
		return nil
	}
	if parent := SpanFromCtx(*ctx); parent != nil {
		return f.openChild(ctx, parent, *ctx, args)
	}
	return f.openTrace(ctx, *ctx, args)
}

// rootSpan is a span and its trace in one piece of memory.
type rootSpan struct {
	Span
	own Trace
}

// openTrace begins a run that is a trace of its own.
func (f *Func) openTrace(ctx *context.Context, inner context.Context, args []interface{}) *Span {
	r := new(rootSpan)
	r.own.id = NewId()
	f.announce(&r.own)
	return f.openRoot(ctx, &r.Span, &r.own, inner, args)
}

// openRoot makes s a span of trace that nobody here called.
func (f *Func) openRoot(ctx *context.Context, s *Span, trace *Trace, inner context.Context, args []interface{}) *Span {
	s.trace = trace
	s.run(f, nil, inner, args)
	f.scope.registry.roots.of(s).add(s)
	s.enter(ctx)
	return s
}

func (f *Func) openChild(ctx *context.Context, parent *Span, inner context.Context, args []interface{}) *Span {
	s := &Span{trace: parent.trace, parent: parent}
	s.run(f, parent.fn, inner, args)
	s.adopt(parent)
	s.enter(ctx)
	return s
}

// enter makes s, or what observers make of it, the context of the run.
func (s *Span) enter(ctx *context.Context) {
	in := context.Context(s)
	if observers := s.trace.observers.list(); observers != nil {
		in = s.started(observers)
	}
	if ctx != nil {
		*ctx = in
	}
}

// run sets what all spans have. The caller links the span.
func (s *Span) run(f, caller *Func, inner context.Context, args []interface{}) {
	s.Context, s.fn, s.id = inner, f, NewId()
	if len(args) > 0 {
		s.withMore().args = keepArgs(args)
	}
	s.trace.spans.Add(1)
	f.FuncStats.start()
	f.calledBy(caller)
	s.start = ticks()
}

// adopt links the span below its nearest ancestor that lives, from parent
// up.
func (s *Span) adopt(parent *Span) {
	for ; parent != nil; parent = parent.parent {
		if parent.kids.add(s) {
			return
		}
		s.orphaned.Store(true)
	}
	s.fn.scope.registry.roots.of(s).add(s)
}

// close ends the run. rec is what was recovered, and panicked again. Only the
// first close counts.
func (s *Span) close(errptr *error, rec interface{}) {
	now := ticks()
	if orphans, first := s.kids.close(); first {
		err := errorAt(errptr)
		s.fn.end(err, rec != nil, time.Duration(now-s.start), now)
		s.disown(orphans)
		s.delist()
		s.trace.spans.Add(-1)
		if observers := s.trace.observers.list(); observers != nil {
			s.finished(observers, err, rec != nil, now)
		}
	}
	if rec != nil {
		panic(rec)
	}
}

// disown hands spans that outlive s on to its nearest living ancestor. Those
// that end meanwhile have closed their list, and need no place any more.
func (s *Span) disown(orphans []*Span) {
	for _, orphan := range orphans {
		orphan.orphaned.Store(true)
		orphan.kids.mu.Lock()
		if !orphan.kids.closed {
			orphan.adopt(s.parent)
		}
		orphan.kids.mu.Unlock()
	}
}

// Id sets the span apart from all others.
func (s *Span) Id() int64 { return s.id }

// ParentId returns the id of the span that called this one, here or in
// another process, or false if there is none.
func (s *Span) ParentId() (int64, bool) {
	if id, ok := s.remoteParent(); ok {
		return id, true
	}
	if s.parent != nil {
		return s.parent.id, true
	}
	return 0, false
}

func (s *Span) remoteParent() (int64, bool) {
	s.kids.mu.Lock()
	defer s.kids.mu.Unlock()
	if s.more == nil {
		return 0, false
	}
	return s.more.remoteID, s.more.hasRemote
}

// Func is what runs.
func (s *Span) Func() *Func { return s.fn }

// Trace is what the span is part of.
func (s *Span) Trace() *Trace { return s.trace }

// Start is when the run began.
func (s *Span) Start() time.Time {
	s.kids.mu.Lock()
	defer s.kids.mu.Unlock()
	more := s.withMore()
	if more.start.IsZero() {
		// Spans read only the monotonic clock, which is quicker. Both clocks
		// read at once tell what the wall clock showed, steps since corrected.
		now := time.Now()
		more.start = now.Add(time.Duration(s.start) - now.Sub(epoch))
	}
	return more.start
}

// withMore returns the rest of the span, made if need be. kids.mu is held.
func (s *Span) withMore() *spanMore {
	if s.more == nil {
		s.more = new(spanMore)
	}
	return s.more
}

// Duration is the time since the run began. It goes on after the end.
func (s *Span) Duration() time.Duration { return time.Duration(ticks() - s.start) }

// Args are the arguments that the Task got, as text.
func (s *Span) Args() []string {
	s.kids.mu.Lock()
	var args []interface{}
	if s.more != nil {
		args = s.more.args
	}
	s.kids.mu.Unlock()
	return argTexts(args)
}

// Annotate adds a remark.
func (s *Span) Annotate(name, val string) {
	s.kids.mu.Lock()
	defer s.kids.mu.Unlock()
	if more := s.withMore(); len(more.notes) < maxAnnotations {
		more.notes = append(more.notes, Annotation{Name: name, Value: val})
	}
}

// Annotations returns the remarks in the order they were made.
func (s *Span) Annotations() []Annotation {
	s.kids.mu.Lock()
	defer s.kids.mu.Unlock()
	if s.more == nil {
		return nil
	}
	return slices.Clip(s.more.notes)
}

// Orphaned reports whether the span's parent ended before it.
func (s *Span) Orphaned() bool { return s.orphaned.Load() }

// Children calls cb with the live spans below this one, sorted by name:
// those it called, and those whose own caller ended before them.
func (s *Span) Children(cb func(s *Span)) {
	for _, child := range sortSpans(s.kids.all(nil)) {
		cb(child)
	}
}

// Value returns the context's value of key.
func (s *Span) Value(key interface{}) interface{} {
	if key == (spanKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// String is the function, its arguments and the ids.
func (s *Span) String() string {
	return fmt.Sprintf("[%d,%d] %s(%s) (elapsed: %s)",
		s.id, s.trace.Id(), s.fn.FullName(), strings.Join(s.Args(), ", "), s.Duration())
}
