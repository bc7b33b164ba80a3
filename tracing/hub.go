package tracing

import (
	"context"
	"hash/maphash"
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
		h.attach(t)
		h.detach(t) // if it ended before it was attached
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
	h.attached.cancel()
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
	part := h.attached.part(t)
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.observers[t] != nil || h.ended.Load() { // end sets ended before it takes the lock
		return
	}
	if part.observers == nil {
		part.observers = make(map[*monkit.Trace]*hubObserver)
	}
	o := &hubObserver{hub: h}
	o.cancel = t.ObserveSpansCtx(o)
	part.observers[t] = o
}

// detach undoes attach if t has ended. A span of it may start or end at the same
// time: the trace stays attached, or else the observer, which the start may call
// once more, finds that it is canceled.
func (h *hub) detach(t *monkit.Trace) {
	part := h.attached.part(t)
	part.mu.Lock()
	defer part.mu.Unlock()
	o := part.observers[t]
	if o == nil || h.needs(t) {
		return
	}
	if o.canceled.Store(true); h.needs(t) {
		o.canceled.Store(false)
		return
	}
	o.cancel()
	delete(part.observers, t)
}

// needs reports whether t has open spans, or one that ended so recently that its
// end has not reached a wait that has it as a candidate. The order matters: a span
// becomes a candidate before it is counted as ended.
func (h *hub) needs(t *monkit.Trace) bool {
	return t.Spans() != 0 || slices.ContainsFunc(h.list(), func(w *spanWait) bool { return w.watches(t) })
}

// hubObserver is the observer of one trace. It is a SpanCtxObserver because that
// costs less.
type hubObserver struct {
	hub      *hub
	cancel   func()      // set and called with the lock of the part of the trace held
	canceled atomic.Bool // the trace is detached, or that is being decided
}

// Start implements monkit.SpanCtxObserver. If s read the observers of its trace
// before o was canceled, its end would not be seen.
func (o *hubObserver) Start(ctx context.Context, s *monkit.Span) context.Context {
	if o.canceled.Load() {
		o.hub.attach(s.Trace())
	}
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
type traceMap [16]tracePart

// tracePart has some of the traces. Its lock orders what happens to each of them.
type tracePart struct {
	mu        sync.Mutex
	observers map[*monkit.Trace]*hubObserver // guarded by mu
}

var traceSeed = maphash.MakeSeed()

// part returns the part that t belongs to.
func (m *traceMap) part(t *monkit.Trace) *tracePart {
	return &m[maphash.Comparable(traceSeed, t)%uint64(len(m))]
}

// cancel cancels all observers.
func (m *traceMap) cancel() {
	for i := range m {
		m[i].cancel()
	}
}

func (p *tracePart) cancel() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.observers {
		o.cancel()
	}
	p.observers = nil
}
