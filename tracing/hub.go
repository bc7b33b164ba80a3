package tracing

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// hub is the one observer of the spans of a registry for everything that waits
// for a span there. It exists while something waits.
type hub struct {
	waits    atomic.Pointer[[]*spanWait] // read without a lock; the slice never changes; replaced under mu
	attached traceMap                    // traces with open spans
	ended    atomic.Bool

	users int // guarded by hubs.mu

	mu   sync.Mutex // held while the hub begins and ends to observe
	stop func()     // guarded by mu; ends the observation of new traces; nil before
}

// hubs has the hubs of all registries.
var hubs = struct {
	mu  sync.Mutex
	all map[*monkit.Registry]*hub // guarded by mu
}{all: make(map[*monkit.Registry]*hub)}

// joinHub lets w observe the spans of r until leave is called.
func joinHub(r *monkit.Registry, w *spanWait) (leave func()) {
	hubs.mu.Lock()
	h := hubs.all[r]
	if h == nil {
		h = new(hub)
		hubs.all[r] = h
	}
	h.users++
	hubs.mu.Unlock()
	h.add(r, w)
	return func() { h.leave(r, w) }
}

func (h *hub) add(r *monkit.Registry, w *spanWait) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := append(slices.Clone(h.list()), w)
	h.waits.Store(&all)
	if h.stop != nil {
		return
	}
	h.stop = r.ObserveTraces(h.attach)
	r.RootSpans(func(s *monkit.Span) {
		t := s.Trace()
		if h.attach(t); t.Spans() == 0 { // it ended before it was attached
			h.detach(t)
		}
	})
}

func (h *hub) leave(r *monkit.Registry, w *spanWait) {
	h.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(h.list()), func(each *spanWait) bool { return each == w })
	h.waits.Store(&left)
	h.mu.Unlock()

	hubs.mu.Lock()
	h.users--
	last := h.users == 0
	if last {
		delete(hubs.all, r)
	}
	hubs.mu.Unlock()
	if last {
		h.end()
	}
}

// end detaches the hub from everything. Nothing joins it any more.
func (h *hub) end() {
	h.mu.Lock()
	stop := h.stop
	h.mu.Unlock()
	h.ended.Store(true)
	stop()
	for _, t := range h.attached.traces() {
		h.detach(t)
	}
}

// list returns what waits.
func (h *hub) list() []*spanWait {
	if all := h.waits.Load(); all != nil {
		return *all
	}
	return nil
}

// attach makes t notify the hub of its spans, unless it does.
func (h *hub) attach(t *monkit.Trace) {
	o := &hubObserver{hub: h}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !h.attached.add(t, o) {
		return
	}
	o.cancel = t.ObserveSpansCtx(o)
	if h.ended.Load() { // end may not have seen it
		h.attached.remove(t)
		o.cancel()
	}
}

// detach undoes attach.
func (h *hub) detach(t *monkit.Trace) {
	if o := h.attached.remove(t); o != nil {
		o.detach()
	}
}

// hubObserver is the observer of one trace. It is a SpanCtxObserver because that
// costs less.
type hubObserver struct {
	hub *hub

	mu     sync.Mutex
	cancel func() // guarded by mu; set before the observer is notified
}

func (o *hubObserver) detach() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cancel()
}

// Start implements monkit.SpanCtxObserver.
func (o *hubObserver) Start(ctx context.Context, s *monkit.Span) context.Context {
	var panicked any
	for _, w := range o.hub.list() {
		if rec := startSafely(w, s); rec != nil {
			panicked = rec
		}
	}
	if panicked != nil {
		panic(panicked) // the registry counts it
	}
	return ctx
}

// startSafely calls start and returns what it panicked with: a matcher that
// panics must not hide the span from others.
func startSafely(w *spanWait, s *monkit.Span) (panicked any) {
	defer func() { panicked = recover() }()
	w.start(s)
	return nil
}

// Finish implements monkit.SpanCtxObserver. After the last open span of a trace the
// hub holds the trace no longer. If another process continues the trace, the
// registry announces it again.
func (o *hubObserver) Finish(_ context.Context, s *monkit.Span, err error, panicked bool, finish time.Time) {
	for _, w := range o.hub.list() {
		w.finish(s, err, panicked, finish)
	}
	if t := s.Trace(); t.Spans() == 0 {
		o.hub.detach(t)
	}
}

// traceMap maps traces to their observers. Goroutines that begin and end traces
// at the same time seldom wait for each other.
type traceMap [16]struct {
	mu        sync.Mutex
	observers map[*monkit.Trace]*hubObserver // guarded by mu
}

var traceSeed = maphash.MakeSeed()

// add adds o unless t has an observer.
func (m *traceMap) add(t *monkit.Trace, o *hubObserver) bool {
	part := &m[maphash.Comparable(traceSeed, t)%uint64(len(m))]
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.observers[t] != nil {
		return false
	}
	if part.observers == nil {
		part.observers = make(map[*monkit.Trace]*hubObserver)
	}
	part.observers[t] = o
	return true
}

// remove returns the observer of t and forgets it, or returns nil.
func (m *traceMap) remove(t *monkit.Trace) *hubObserver {
	part := &m[maphash.Comparable(traceSeed, t)%uint64(len(m))]
	part.mu.Lock()
	defer part.mu.Unlock()
	o := part.observers[t]
	delete(part.observers, t)
	return o
}

func (m *traceMap) traces() (all []*monkit.Trace) {
	for i := range m {
		m[i].mu.Lock()
		all = slices.AppendSeq(all, maps.Keys(m[i].observers))
		m[i].mu.Unlock()
	}
	return all
}
