package monkit

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// SpanObserver is notified of the spans of a trace, by the goroutines that run
// them. It must be quick. An observer that is added while spans are open is
// notified of their end, but not of their start.
type SpanObserver interface {
	// Start is called when s has started.
	Start(s *Span)
	// Finish is called when s has ended.
	Finish(s *Span, err error, panicked bool, finish time.Time)
}

// SpanCtxObserver is a SpanObserver that can change the context of a run.
type SpanCtxObserver interface {
	// Start is called when s has started. The result becomes the context of
	// the run. It must be ctx, or be derived from it.
	Start(ctx context.Context, s *Span) context.Context
	// Finish is called when s has ended, with the context of the run.
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

// ObserveTraces calls cb with every trace that begins in the registry, and with
// that of every RemoteTrace, until cancel is called. cb runs on the goroutine
// that begins the trace, before the first span starts. A panic of cb is counted
// and goes no further.
func (r *Registry) ObserveTraces(cb func(*Trace)) (cancel func()) {
	return r.core.observers.add(cb)
}

// observerList is a list of observers, newest first. Reading it takes no lock.
type observerList[T any] struct {
	mu  sync.Mutex           // held to replace all
	all atomic.Pointer[[]*T] // read without a lock; the slice never changes; nil while empty
}

// load returns the observers, or nil.
func (l *observerList[T]) load() []*T {
	if all := l.all.Load(); all != nil {
		return *all
	}
	return nil
}

func (l *observerList[T]) add(observer T) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	added := &observer
	all := append([]*T{added}, l.load()...)
	l.all.Store(&all)
	return func() { l.remove(added) }
}

func (l *observerList[T]) remove(observer *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(l.load()), func(each *T) bool { return each == observer })
	if len(left) == 0 {
		l.all.Store(nil)
		return
	}
	l.all.Store(&left)
}

// notifyTrace calls observers with t. h counts their panics.
func notifyTrace(h *health, observers []*func(*Trace), t *Trace) {
	for _, observer := range observers {
		runUserCode(h, func() { (*observer)(t) })
	}
}

// notifyStart calls the Start of observers, and returns the context of the run
// of s.
func notifyStart(observers []*SpanCtxObserver, s *Span) context.Context {
	ctx := context.Context(s)
	for _, observer := range observers {
		runUserCode(s.fn.health, func() {
			if changed := (*observer).Start(ctx, s); changed != nil {
				ctx = changed
			}
		})
	}
	if ctx != context.Context(s) {
		extra := s.ensureExtra()
		extra.mu.Lock()
		extra.ctx = ctx
		extra.mu.Unlock()
	}
	return ctx
}

// notifyFinish calls the Finish of observers. s ended at now, in ticks.
func notifyFinish(observers []*SpanCtxObserver, s *Span, err error, panicked bool, now int64) {
	finish := s.Start().Add(time.Duration(now - s.start))
	extra := s.ensureExtra()
	extra.mu.Lock()
	ctx := extra.ctx
	extra.mu.Unlock()
	if ctx == nil {
		ctx = s
	}
	for _, observer := range observers {
		runUserCode(s.fn.health, func() { (*observer).Finish(ctx, s, err, panicked, finish) })
	}
}

// runUserCode calls run. If it panics, the panic ends here and is counted in h.
func runUserCode(h *health, run func()) {
	defer func() {
		if recover() != nil {
			h.panics.Add(1)
		}
	}()
	run()
}
