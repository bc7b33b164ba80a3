package tracing

import (
	"runtime"
	"sync"
	"time"
	"weak"

	"monkit.example/monkit"
)

// ObserveAllTraces tells collector of the spans of all traces of r, live ones
// and those that come, until cancel is called.
func ObserveAllTraces(r *monkit.Registry, collector monkit.SpanObserver) (cancel func()) {
	w := newWatch()
	return w.start(r, func(t *monkit.Trace) { w.attach(t, collector) })
}

// observeStarts is ObserveAllTraces for those who want to hear of begins only.
func observeStarts(r *monkit.Registry, begun func(*monkit.Span)) (cancel func()) {
	return ObserveAllTraces(r, starts(begun))
}

type starts func(*monkit.Span)

func (f starts) Start(s *monkit.Span)                        { f(s) }
func (f starts) Finish(*monkit.Span, error, bool, time.Time) {}

// A watch attaches observers to traces, one to each. It holds neither: a trace
// that nobody else holds goes, with its observer, however long the watch is.
type watch struct {
	mu       sync.Mutex
	over     bool                                                    // guarded by mu
	attached map[weak.Pointer[monkit.Trace]]weak.Pointer[attachment] // guarded by mu
}

// attachment is an observer, held by the trace it is attached to.
type attachment struct {
	monkit.SpanObserver
	cancel func()
}

func newWatch() *watch {
	return &watch{attached: make(map[weak.Pointer[monkit.Trace]]weak.Pointer[attachment])}
}

// start calls announce with every trace of r, some more than once, until
// cancel is called, which also detaches all that was attached.
func (w *watch) start(r *monkit.Registry, announce func(*monkit.Trace)) (cancel func()) {
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

// end returns what is attached; nothing will be from then on.
func (w *watch) end() map[weak.Pointer[monkit.Trace]]weak.Pointer[attachment] {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	left := w.attached
	w.attached = nil
	return left
}

// attach tells o of the spans of t. A trace that has an observer of this watch
// keeps that one.
func (w *watch) attach(t *monkit.Trace, o monkit.SpanObserver) {
	key := weak.Make(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.attached[key]; ok || w.over {
		return
	}
	a := &attachment{SpanObserver: o}
	a.cancel = t.ObserveSpans(a)
	w.attached[key] = weak.Make(a)
	runtime.AddCleanup(t, w.forget, key)
}

func (w *watch) forget(key weak.Pointer[monkit.Trace]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.attached, key)
}
