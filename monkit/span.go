package monkit

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// Span is one run of a Func that is under way. It is a context.Context, the
// one that the run's callees get, so that they find it.
type Span struct {
	context.Context

	fn       *Func
	trace    *Trace
	parent   *Span // who called, if in this process
	id       int64
	remoteID int64 // the parent in another process, if hasRemote
	start    time.Time
	args     []interface{}

	hasRemote bool
	orphaned  atomic.Bool
	live      spanLink // among its siblings
	kids      spanList // also guards notes
	notes     []Annotation
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
	if ctx == nil || *ctx == nil {
		return f.begin(ctx, &rootSpan{}, context.Background(), args)
	}
	switch c := (*ctx).(type) {
	case *Span:
		return f.beginChild(ctx, c, c.Context, args)
	case *probe:
		c.fn = f
		return nil
	}
	if parent := SpanFromCtx(*ctx); parent != nil {
		return f.beginChild(ctx, parent, *ctx, args)
	}
	return f.begin(ctx, &rootSpan{}, *ctx, args)
}

// rootSpan is a span and its trace in one piece of memory.
type rootSpan struct {
	Span
	own Trace
}

func (f *Func) begin(ctx *context.Context, r *rootSpan, inner context.Context, args []interface{}) *Span {
	r.own.id = NewId()
	s := &r.Span
	s.trace = &r.own
	s.run(f, inner, args)
	f.calledBy(nil)
	f.scope.registry.roots.of(s).add(s)
	if ctx != nil {
		*ctx = s
	}
	return s
}

func (f *Func) beginChild(ctx *context.Context, parent *Span, inner context.Context, args []interface{}) *Span {
	s := &Span{trace: parent.trace, parent: parent}
	s.run(f, inner, args)
	f.calledBy(parent.fn)
	s.adopt(parent)
	*ctx = s
	return s
}

// run sets what all spans have. The caller links the span.
func (s *Span) run(f *Func, inner context.Context, args []interface{}) {
	s.Context, s.fn, s.id = inner, f, NewId()
	if len(args) > 0 {
		s.args = keepArgs(args)
	}
	s.trace.spans.Add(1)
	f.start()
	s.start = time.Now()
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
func (s *Span) close(err error, rec interface{}) {
	elapsed := time.Since(s.start)
	if orphans, first := s.kids.close(); first {
		s.fn.end(err, rec != nil, elapsed, int64(s.start.Sub(epoch)+elapsed))
		s.disown(orphans)
		s.live.remove()
		s.trace.spans.Add(-1)
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
	switch {
	case s.hasRemote:
		return s.remoteID, true
	case s.parent != nil:
		return s.parent.id, true
	}
	return 0, false
}

// Func is what runs.
func (s *Span) Func() *Func { return s.fn }

// Trace is what the span is part of.
func (s *Span) Trace() *Trace { return s.trace }

// Start is when the run began.
func (s *Span) Start() time.Time { return s.start }

// Duration is the time since the run began. It goes on after the end.
func (s *Span) Duration() time.Duration { return time.Since(s.start) }

// Args are the arguments that the Task got, as text.
func (s *Span) Args() []string { return argTexts(s.args) }

// Annotate adds a remark.
func (s *Span) Annotate(name, val string) {
	s.kids.mu.Lock()
	defer s.kids.mu.Unlock()
	if len(s.notes) < maxAnnotations {
		s.notes = append(s.notes, Annotation{Name: name, Value: val})
	}
}

// Annotations returns the remarks in the order they were made.
func (s *Span) Annotations() []Annotation {
	s.kids.mu.Lock()
	defer s.kids.mu.Unlock()
	return s.notes[:len(s.notes):len(s.notes)]
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
