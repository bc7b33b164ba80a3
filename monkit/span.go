package monkit

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Span is one run of a Func. It is also the context.Context of that run: the
// function passes it to the functions that it calls, so that their spans have a
// parent.
//
// A span is open from the start of its run to the end. All its methods may be
// called after that as well, and from any goroutine.
type Span struct {
	context.Context // the one that the run was started in; never a Span, so that nested runs do not nest contexts

	fn    *Func
	root  *Span // the first span of the trace in this process, maybe this one
	start int64 // in ticks

	extra     atomic.Pointer[spanExtra] // nil until it is needed
	openBelow atomic.Int64              // if this is the root, open spans of the trace apart from it; see countOpen
	spanNode
}

// spanExtra is the part of a Span that most spans never need.
type spanExtra struct {
	id    atomic.Int64          // 0 until Id is called
	trace atomic.Pointer[Trace] // set only on a root; nil until Trace is called

	// Used by spanTree alone.
	list     atomic.Pointer[spanList] // the list that the span is on, or nil
	children spanList                 // the children that the slot had no room for

	// Set before the run starts and never changed.
	hasRemote bool  // RemoteTrace started the run
	remoteID  int64 // the id of the parent in another process
	args      []interface{}

	mu         sync.Mutex
	attributes []Attribute     // guarded by mu
	start      time.Time       // guarded by mu; zero until Start is called
	ctx        context.Context // guarded by mu; the context that observers returned, or nil
}

// ensureExtra returns the extra part of s, which the first call allocates.
func (s *Span) ensureExtra() *spanExtra {
	if extra := s.extra.Load(); extra != nil {
		return extra
	}
	s.extra.CompareAndSwap(nil, new(spanExtra))
	return s.extra.Load()
}

// spanKey is the key of the context value that is the Span itself.
type spanKey struct{}

// SpanFromCtx returns the span that ctx belongs to, or nil.
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

// ResetContextSpan returns ctx without its span. A run that is started in the
// result is a trace of its own.
func ResetContextSpan(ctx context.Context) context.Context {
	return spanless{ctx}
}

// spanless is a context without the span of the context that it wraps.
type spanless struct{ context.Context }

func (c spanless) Value(key interface{}) interface{} {
	if key == (spanKey{}) {
		return nil
	}
	return c.Context.Value(key)
}

// Value returns the value of key in the context.
func (s *Span) Value(key interface{}) interface{} {
	if key == (spanKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// startSpan starts a run of f in ctx. The span of ctx, if any, is the parent.
func (f *Func) startSpan(ctx *context.Context, args []interface{}) *Span {
	if ctx == nil {
		return f.startTrace(nil, context.Background(), args)
	}
	switch c := (*ctx).(type) {
	case nil:
		return f.startTrace(ctx, context.Background(), args)
	case *Span:
		return f.startChild(ctx, c, c.Context, args)
	case *probe:
		c.fn = f
		return nil
	}
	if parent := SpanFromCtx(*ctx); parent != nil {
		return f.startChild(ctx, parent, *ctx, args)
	}
	return f.startTrace(ctx, *ctx, args)
}

// startTrace starts a run that is a trace of its own. Its span wraps the context
// inner.
func (f *Func) startTrace(ctx *context.Context, inner context.Context, args []interface{}) *Span {
	s := &Span{Context: inner, fn: f}
	s.root = s
	if observers := f.scope.registry.observers.load(); observers != nil {
		notifyTrace(f.health, observers, s.Trace())
	}
	s.startRun(ctx, nil, args)
	return s
}

// startChild starts a run that parent called. Its span wraps the context inner.
func (f *Func) startChild(ctx *context.Context, parent *Span, inner context.Context, args []interface{}) *Span {
	s := &Span{Context: inner, fn: f, root: parent.root}
	s.parent = parent
	s.countOpen(1)
	s.startRun(ctx, parent.fn, args)
	return s
}

// startRun counts the run, puts s in the tree, notifies observers, and sets
// *ctx to the context of the run.
func (s *Span) startRun(ctx *context.Context, caller *Func, args []interface{}) {
	if len(args) > 0 {
		s.ensureExtra().args = copyArgs(args)
	}
	s.fn.FuncStats.start()
	s.fn.recordParent(caller)
	s.start = ticks()
	if s.parent == nil {
		s.tree().insertRoot(s)
	} else {
		s.tree().insertChild(s)
	}
	in := context.Context(s)
	if observers := s.observers(); observers != nil {
		in = notifyStart(observers, s)
	}
	if ctx != nil {
		*ctx = in
	}
}

// Finish ends the run that Scope.Start started. It must be the deferred call
// itself: only then does it see panics, which it counts and passes on. Only the
// first call has an effect.
func (s *Span) Finish(errptr *error) { s.endRun(errptr, recover()) }

// endRun ends the run. Only the first call has an effect. rec is what the caller
// recovered; endRun panics with it again.
func (s *Span) endRun(errptr *error, rec interface{}) {
	now := ticks()
	if s.tree().markEnded(s) {
		panicked, err := rec != nil, errorAt(errptr)
		if panicked {
			panicked, err = outcomeOfPanic(rec, err)
		}
		s.fn.end(err, panicked, time.Duration(now-s.start), now)
		s.tree().remove(s)
		s.countOpen(-1)
		if observers := s.observers(); observers != nil {
			notifyFinish(observers, s, err, panicked, now)
		}
	}
	if rec != nil {
		panic(rec)
	}
}

// countOpen adds n to the number of open spans of the trace. Most traces never
// get a Trace, so that the root has the count. A trace that RemoteTrace continues
// has one already, and may have several roots: there the Trace has it.
func (s *Span) countOpen(n int64) {
	if extra := s.root.extra.Load(); extra != nil && extra.hasRemote {
		extra.trace.Load().open.Add(n)
	} else if s.root != s {
		s.root.openBelow.Add(n)
	}
}

// observers returns the observers of the trace.
func (s *Span) observers() []*SpanCtxObserver {
	extra := s.root.extra.Load()
	if extra == nil {
		return nil
	}
	if t := extra.trace.Load(); t != nil {
		return t.observers.load()
	}
	return nil
}

// Id returns a random number that identifies the span.
func (s *Span) Id() int64 { return idAt(&s.ensureExtra().id) }

// Parent returns the span that called this one, which may have ended, or nil
// if no span of this process did.
func (s *Span) Parent() *Span { return s.parent }

// ParentId returns the id of the span that called this one, in this process or
// in another. It reports false if there is none.
func (s *Span) ParentId() (int64, bool) {
	if id, ok := s.RemoteParent(); ok {
		return id, true
	}
	if s.parent != nil {
		return s.parent.Id(), true
	}
	return 0, false
}

// RemoteParent returns the id of the span in another process that called this
// one, as given to RemoteTrace. It reports false if RemoteTrace did not start
// the span.
func (s *Span) RemoteParent() (id int64, ok bool) {
	if extra := s.extra.Load(); extra != nil {
		return extra.remoteID, extra.hasRemote
	}
	return 0, false
}

// Func returns the Func that runs.
func (s *Span) Func() *Func { return s.fn }

// Trace returns the trace that the span is part of.
func (s *Span) Trace() *Trace {
	extra := s.root.ensureExtra()
	if t := extra.trace.Load(); t != nil {
		return t
	}
	extra.trace.CompareAndSwap(nil, &Trace{root: s.root})
	return extra.trace.Load()
}

// Start returns the time at which the run started. The times of all spans of a
// root are consistent: if the wall clock was set since, they follow the root's.
func (s *Span) Start() time.Time {
	if s.root != s {
		return s.root.Start().Add(time.Duration(s.start - s.root.start))
	}
	extra := s.ensureExtra()
	extra.mu.Lock()
	defer extra.mu.Unlock()
	if extra.start.IsZero() {
		// A span reads only the monotonic clock when it starts, because that
		// is faster. Going back from the present time gives the time of the
		// wall clock, with steps that corrected it since.
		now := time.Now()
		extra.start = now.Add(time.Duration(s.start) - now.Sub(epoch))
	}
	return extra.start
}

// Duration returns the time since the run started. It grows on after the end.
func (s *Span) Duration() time.Duration { return time.Duration(ticks() - s.start) }

// Args returns the arguments that the Task was called with, as text.
func (s *Span) Args() []string {
	if extra := s.extra.Load(); extra != nil {
		return formatArgs(s.fn.health, extra.args)
	}
	return []string{}
}

// Orphaned reports whether the parent ended before the span.
func (s *Span) Orphaned() bool { return s.flags.Load()&nodeOrphaned != 0 }

// Children calls cb with the open spans right below this one, sorted by name:
// the spans that it called, and orphans whose nearest open ancestor it is.
func (s *Span) Children(cb func(s *Span)) {
	for _, child := range sortSpans(s.tree().children(s)) {
		cb(child)
	}
}

// String returns the function, its arguments, the ids and the duration.
func (s *Span) String() string {
	return fmt.Sprintf("[%d,%d] %s(%s) (elapsed: %s)",
		s.Id(), s.Trace().Id(), s.fn.FullName(), strings.Join(s.Args(), ", "), s.Duration())
}

// epoch is the time that ticks are counted from. It includes a reading of the
// monotonic clock, so that steps of the wall clock do not affect ticks.
var epoch = time.Now()

// ticks returns the nanoseconds since epoch.
func ticks() int64 { return int64(time.Since(epoch)) }
