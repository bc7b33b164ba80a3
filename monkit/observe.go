package monkit

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// SpanObserver is told of the spans of a trace, by the goroutines that they
// run on. It must be quick. One that joins late is told of the end of spans
// that it was not told the begin of.
type SpanObserver interface {
	// Start is called when s has begun.
	Start(s *Span)
	// Finish is called when s has ended.
	Finish(s *Span, err error, panicked bool, finish time.Time)
}

// SpanCtxObserver is a SpanObserver that takes part in the context.
type SpanCtxObserver interface {
	// Start is called when s has begun. The run goes on with the context that
	// it returns, which must be ctx or come of it.
	Start(ctx context.Context, s *Span) context.Context
	// Finish is called when s has ended, with the context it ran in.
	Finish(ctx context.Context, s *Span, err error, panicked bool, finish time.Time)
}

// withoutCtx makes a SpanObserver a SpanCtxObserver.
type withoutCtx struct{ observer SpanObserver }

func (w withoutCtx) Start(ctx context.Context, s *Span) context.Context {
	w.observer.Start(s)
	return ctx
}

func (w withoutCtx) Finish(_ context.Context, s *Span, err error, panicked bool, finish time.Time) {
	w.observer.Finish(s, err, panicked, finish)
}

// ObserveSpans tells observer of the trace's spans until cancel is called. The
// newest observer is told first. A panic of it is counted, and goes no
// further.
func (t *Trace) ObserveSpans(observer SpanObserver) (cancel func()) {
	return t.ObserveSpansCtx(withoutCtx{observer})
}

// ObserveSpansCtx is ObserveSpans for observers that take part in the
// context.
func (t *Trace) ObserveSpansCtx(observer SpanCtxObserver) (cancel func()) {
	return t.watchers.add(observer)
}

// ObserveTraces calls cb with every trace that begins in the registry, and at
// every RemoteTrace, until cancel is called. cb runs on the goroutine that
// begins the trace, before its first span; a panic of it is counted, and goes
// no further.
func (r *Registry) ObserveTraces(cb func(*Trace)) (cancel func()) {
	return r.core.watchers.add(cb)
}

// watchers is a list that is read without a lock, newest first.
type watchers[T any] struct {
	mu  sync.Mutex
	all atomic.Pointer[[]*T] // replaced under mu; nil while empty
}

func (w *watchers[T]) add(watcher T) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	this := &watcher
	all := append([]*T{this}, w.list()...)
	w.all.Store(&all)
	return func() { w.remove(this) }
}

func (w *watchers[T]) list() []*T {
	if all := w.all.Load(); all != nil {
		return *all
	}
	return nil
}

func (w *watchers[T]) remove(watcher *T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(w.list()), func(each *T) bool { return each == watcher })
	if len(rest) == 0 {
		w.all.Store(nil)
		return
	}
	w.all.Store(&rest)
}

// announce tells watchers of t.
func (f *Func) announce(t *Trace, watchers []*func(*Trace)) {
	for _, watch := range watchers {
		f.guard(func() { (*watch)(t) })
	}
}

// started tells observers of s and returns the context that it runs in.
func (s *Span) started(observers []*SpanCtxObserver) context.Context {
	ctx := context.Context(s)
	for _, observer := range observers {
		s.fn.guard(func() {
			if changed := (*observer).Start(ctx, s); changed != nil {
				ctx = changed
			}
		})
	}
	if ctx != context.Context(s) {
		more := s.rest()
		more.mu.Lock()
		more.ctx = ctx
		more.mu.Unlock()
	}
	return ctx
}

// finished tells observers that s ended at now, in ticks.
func (s *Span) finished(observers []*SpanCtxObserver, err error, panicked bool, now int64) {
	finish := s.Start().Add(time.Duration(now - s.start))
	more := s.rest()
	more.mu.Lock()
	ctx := more.ctx
	more.mu.Unlock()
	if ctx == nil {
		ctx = s
	}
	for _, observer := range observers {
		s.fn.guard(func() { (*observer).Finish(ctx, s, err, panicked, finish) })
	}
}

// guard runs user code. A panic of it is counted.
func (f *Func) guard(run func()) {
	defer func() {
		if recover() != nil {
			f.health.panics.Add(1)
		}
	}()
	run()
}
