package monkit

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Trace is a first span and all spans that descend from it, in this process and
// in others, together with values that are kept for them.
type Trace struct {
	root      *Span        // the span that the trace was made for; nil if NewTrace made it
	id        atomic.Int64 // if there is a root, 0 until Id is called
	open      atomic.Int64 // the open spans that root does not count; see countOpen
	observers observerList[SpanCtxObserver]

	mu   sync.RWMutex
	vals map[interface{}]interface{} // guarded by mu; nil until Set is called
	high uint64                      // guarded by mu; the upper half of the id; if there is a root, 0 until High is called
}

// NewTrace returns a trace without spans whose id has 64 bits.
func NewTrace(id int64) *Trace {
	t := new(Trace)
	t.id.Store(id)
	return t
}

// NewTrace128 returns a trace without spans whose id has 128 bits: high is the
// upper half, and id the lower one.
func NewTrace128(high uint64, id int64) *Trace {
	t := NewTrace(id)
	t.high = high
	return t
}

// RemoteTrace starts a run that a span of another process called, the one with
// parentId. Its span is a root in this process. If trace is nil, the span
// belongs to the trace of ctx, or to a new one.
func (f *Func) RemoteTrace(ctx *context.Context, parentId int64, trace *Trace, args ...interface{}) func(*error) {
	inner, local := outerContext(ctx)
	switch {
	case trace == nil && local != nil:
		trace = local.Trace()
	case trace == nil:
		trace = NewTrace128(rand.Uint64(), NewId())
	}
	s := &Span{Context: inner, fn: f}
	s.root = s
	extra := &spanExtra{remoteID: parentId, hasRemote: true}
	extra.trace.Store(trace)
	s.extra.Store(extra)
	s.countOpen(1) // before observers hear of the trace: to them it has not ended
	notifyTrace(f.health, f.scope.registry.observers.load(), trace)
	s.startRun(ctx, nil, args)
	return func(errptr *error) { s.endRun(errptr, recover()) }
}

// ResetTrace starts a run that is a trace of its own, even if ctx has a span.
func (f *Func) ResetTrace(ctx *context.Context, args ...interface{}) func(*error) {
	inner, _ := outerContext(ctx)
	s := f.startTrace(ctx, inner, args)
	return func(errptr *error) { s.endRun(errptr, recover()) }
}

// outerContext returns the context that a root started in ctx wraps, and the
// span of ctx, or nil.
func outerContext(ctx *context.Context) (outer context.Context, span *Span) {
	if ctx == nil || *ctx == nil {
		return context.Background(), nil
	}
	if s, ok := (*ctx).(*Span); ok {
		return s.Context, s
	}
	return *ctx, SpanFromCtx(*ctx)
}

// ObserveSpans notifies observer of the spans of the trace until cancel is
// called. The newest observer comes first. A panic of an observer is counted
// and goes no further.
func (t *Trace) ObserveSpans(observer SpanObserver) (cancel func()) {
	return t.ObserveSpansCtx(withoutCtx{observer})
}

// ObserveSpansCtx is ObserveSpans for observers that change the context.
func (t *Trace) ObserveSpansCtx(observer SpanCtxObserver) (cancel func()) {
	return t.observers.add(observer)
}

// Id returns the number that identifies the trace: that of NewTrace, or else a
// random one.
func (t *Trace) Id() int64 {
	if t.root == nil {
		return t.id.Load()
	}
	return idAt(&t.id)
}

// High returns the upper half of the id of 128 bits whose lower half is Id. It
// is random for traces that begin in this process, the given one for those of
// NewTrace128, and 0 for those of NewTrace.
func (t *Trace) High() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.root != nil && t.high == 0 {
		t.high = rand.Uint64()
	}
	return t.high
}

// String returns the id of 128 bits in hex, as other systems write it.
func (t *Trace) String() string {
	return fmt.Sprintf("%016x%016x", t.High(), uint64(t.Id()))
}

// Spans returns how many spans of the trace are open in this process.
func (t *Trace) Spans() int64 {
	open := t.open.Load()
	if t.root == nil {
		return open
	}
	open += t.root.openBelow.Load()
	if !t.root.ended() {
		open++
	}
	return open
}

// Get returns the value of key, or nil.
func (t *Trace) Get(key interface{}) (val interface{}) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.vals[key]
}

// Set sets the value of key.
func (t *Trace) Set(key, val interface{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.vals == nil {
		t.vals = make(map[interface{}]interface{})
	}
	t.vals[key] = val
}

// GetAll returns a copy of all values.
func (t *Trace) GetAll() (val map[interface{}]interface{}) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return maps.Clone(t.vals)
}

// NewId returns a random number from 1 to 1<<63 - 1. It comes from the runtime,
// which has a generator for each thread and seeds it from the system: one id
// does not reveal others, and NewId takes no lock.
func NewId() int64 {
	for {
		if id := rand.Int64(); id != 0 {
			return id
		}
	}
}

// idAt returns the id at p. The first call makes it: most spans and traces end
// before their id is needed.
func idAt(p *atomic.Int64) int64 {
	if id := p.Load(); id != 0 {
		return id
	}
	p.CompareAndSwap(0, NewId())
	return p.Load()
}
