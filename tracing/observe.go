package tracing

import (
	"context"
	"runtime"
	"sync"
	"weak"

	"monkit.example/monkit"
)

// ObserveAllTraces calls o for the spans of all traces of r, open and new,
// until cancel is called.
func ObserveAllTraces(r *monkit.Registry, o monkit.SpanObserver) (cancel func()) {
	w := newRegistryWatch()
	return w.start(r, func(t *monkit.Trace) { w.attach(t, o) })
}

// FindSpan calls matcher for each span that starts in r, until matcher returns
// true or ctx ends. Spans may start at the same time, so matcher must be safe
// for concurrent use, and several spans may match.
func FindSpan(ctx context.Context, r *monkit.Registry, matcher func(s *monkit.Span) bool) {
	if matcher == nil {
		return
	}
	MatchBy(matcher).Find(ctx, r, func(*monkit.Span) {}) // an error is that of ctx
}

// registryWatch attaches observers to the traces of a registry, at most one to
// each trace. It references traces and observers weakly: a trace that nothing
// else references is garbage collected together with its observer, however
// long the watch lasts.
type registryWatch struct {
	mu       sync.Mutex
	ended    bool                                                    // guarded by mu
	attached map[weak.Pointer[monkit.Trace]]weak.Pointer[attachment] // guarded by mu
}

// attachment is an observer. The trace that it is attached to keeps it alive.
type attachment struct {
	monkit.SpanObserver
	cancel func()
}

func newRegistryWatch() *registryWatch {
	return &registryWatch{attached: make(map[weak.Pointer[monkit.Trace]]weak.Pointer[attachment])}
}

// start calls announce with each open and each new trace of r, with some
// traces more than once, until cancel is called. cancel also detaches all
// observers.
func (w *registryWatch) start(r *monkit.Registry, announce func(*monkit.Trace)) (cancel func()) {
	stop := r.ObserveTraces(announce)
	r.RootSpans(func(s *monkit.Span) { announce(s.Trace()) })
	return func() {
		stop()
		for _, a := range w.end() {
			if a := a.Value(); a != nil {
				a.cancel()
			}
		}
	}
}

// end returns what is attached. From then on, attach does nothing.
func (w *registryWatch) end() map[weak.Pointer[monkit.Trace]]weak.Pointer[attachment] {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	attached := w.attached
	w.attached = nil
	return attached
}

// attach makes t call o for its spans, unless w has attached an observer to t
// before.
func (w *registryWatch) attach(t *monkit.Trace, o monkit.SpanObserver) {
	key := weak.Make(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.attached[key]; ok || w.ended {
		return
	}
	a := &attachment{SpanObserver: o}
	a.cancel = t.ObserveSpans(a)
	w.attached[key] = weak.Make(a)
	runtime.AddCleanup(t, w.forget, key)
}

func (w *registryWatch) forget(key weak.Pointer[monkit.Trace]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.attached, key)
}
