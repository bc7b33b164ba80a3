package monkit

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Span is one run of a Func that is under way. It is a context.Context, the
// one that the run's callees get, so that they find it.
type Span struct {
	context.Context

	fn    *Func
	root  *Span // that the trace began with in this process, maybe this one
	start int64 // ticks

	more  atomic.Pointer[spanMore] // nil while empty
	below atomic.Int64             // of a root: live spans of its trace, but for itself
	spanNode
}

// spanMore is what most spans do not have.
type spanMore struct {
	id    atomic.Int64          // 0 until it was asked for
	trace atomic.Pointer[Trace] // of a root; nil until it was asked for

	list     atomic.Pointer[spanList] // belongs to spanTree; that the span is on
	children spanList                 // belongs to spanTree; those that the slot had no room for

	remoteID  int64         // the parent in another process, if hasRemote; never changed
	hasRemote bool          // never changed
	args      []interface{} // never changed

	mu    sync.Mutex
	notes []Attribute     // guarded by mu
	start time.Time       // guarded by mu; zero until it was asked for
	ctx   context.Context // guarded by mu; what an observer made of the span; nil if nothing
}

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

// openTrace begins a run that is a trace of its own.
func (f *Func) openTrace(ctx *context.Context, inner context.Context, args []interface{}) *Span {
	s := &Span{Context: inner, fn: f}
	s.root = s
	if watchers := f.scope.registry.watchers.list(); watchers != nil {
		f.announce(s.Trace(), watchers)
	}
	s.begin(ctx, nil, args)
	return s
}

func (f *Func) openChild(ctx *context.Context, parent *Span, inner context.Context, args []interface{}) *Span {
	s := &Span{Context: inner, fn: f, root: parent.root}
	s.parent = parent
	s.count(1)
	s.begin(ctx, parent.fn, args)
	return s
}

// count counts n more live spans of the trace.
func (s *Span) count(n int64) {
	if more := s.root.more.Load(); more != nil && more.hasRemote {
		more.trace.Load().live.Add(n)
	} else if s.root != s {
		s.root.below.Add(n)
	}
}

// begin counts the run, gives the span a place, and makes it, or what
// observers make of it, the context of the run.
func (s *Span) begin(ctx *context.Context, caller *Func, args []interface{}) {
	if len(args) > 0 {
		s.rest().args = keepArgs(args)
	}
	s.fn.FuncStats.start()
	s.fn.calledBy(caller)
	s.start = ticks()
	if s.parent == nil {
		s.tree().insertRoot(s)
	} else {
		s.tree().insertChild(s)
	}
	in := context.Context(s)
	if observers := s.observers(); observers != nil {
		in = s.started(observers)
	}
	if ctx != nil {
		*ctx = in
	}
}

// close ends the run. rec is what was recovered, and panicked again. Only the
// first close counts.
func (s *Span) close(errptr *error, rec interface{}) {
	now := ticks()
	if s.tree().markEnded(s) {
		err := errorAt(errptr)
		s.fn.end(err, rec != nil, time.Duration(now-s.start), now)
		s.tree().remove(s)
		s.count(-1)
		if observers := s.observers(); observers != nil {
			s.finished(observers, err, rec != nil, now)
		}
	}
	if rec != nil {
		panic(rec)
	}
}

// rest returns what most spans do not have, made if need be.
func (s *Span) rest() *spanMore {
	if more := s.more.Load(); more != nil {
		return more
	}
	s.more.CompareAndSwap(nil, new(spanMore))
	return s.more.Load()
}

// Id sets the span apart from all others.
func (s *Span) Id() int64 { return idAt(&s.rest().id) }

// ParentId returns the id of the span that called this one, here or in
// another process, or false if there is none.
func (s *Span) ParentId() (int64, bool) {
	if id, ok := s.RemoteParent(); ok {
		return id, true
	}
	if s.parent != nil {
		return s.parent.Id(), true
	}
	return 0, false
}

// Func is what runs.
func (s *Span) Func() *Func { return s.fn }

// Trace is what the span is part of. Most traces end before anybody asks for
// them: they are made here.
func (s *Span) Trace() *Trace {
	more := s.root.rest()
	if t := more.trace.Load(); t != nil {
		return t
	}
	more.trace.CompareAndSwap(nil, &Trace{root: s.root})
	return more.trace.Load()
}

// observers returns who is told of the trace's spans.
func (s *Span) observers() []*SpanCtxObserver {
	more := s.root.more.Load()
	if more == nil {
		return nil
	}
	if t := more.trace.Load(); t != nil {
		return t.watchers.list()
	}
	return nil
}

// Start is when the run began.
func (s *Span) Start() time.Time {
	more := s.rest()
	more.mu.Lock()
	defer more.mu.Unlock()
	if more.start.IsZero() {
		// Spans read only the monotonic clock, which is quicker. Both clocks
		// read at once tell what the wall clock showed, steps since corrected.
		now := time.Now()
		more.start = now.Add(time.Duration(s.start) - now.Sub(epoch))
	}
	return more.start
}

// Duration is the time since the run began. It goes on after the end.
func (s *Span) Duration() time.Duration { return time.Duration(ticks() - s.start) }

// Args are the arguments that the Task got, as text.
func (s *Span) Args() []string {
	if more := s.more.Load(); more != nil {
		return s.fn.health.argTexts(more.args)
	}
	return []string{}
}

// Orphaned reports whether the span's parent ended before it.
func (s *Span) Orphaned() bool { return s.flags.Load()&nodeOrphaned != 0 }

// Children calls cb with the live spans below this one, sorted by name:
// those it called, and those whose own caller ended before them.
func (s *Span) Children(cb func(s *Span)) {
	for _, child := range sortSpans(s.tree().children(s)) {
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
		s.Id(), s.Trace().Id(), s.fn.FullName(), strings.Join(s.Args(), ", "), s.Duration())
}
