package monkit

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Trace is all the spans that came of one root, here and in other processes,
// and the values that go with them.
type Trace struct {
	root     *Span // that the trace was made for, nil if for none
	id       atomic.Int64
	live     atomic.Int64 // spans, but for root and those below it
	watchers watchers[SpanCtxObserver]

	mu   sync.RWMutex
	vals map[interface{}]interface{} // guarded by mu; nil until the first Set
	high uint64                      // guarded by mu; the id's upper half; of traces with a root 0 until asked for
}

// NewTrace returns a trace without spans whose id has 64 bits.
func NewTrace(id int64) *Trace {
	t := new(Trace)
	t.id.Store(id)
	return t
}

// NewTrace128 returns a trace without spans whose id has 128 bits, of which
// Id has the lower 64.
func NewTrace128(high uint64, id int64) *Trace {
	t := NewTrace(id)
	t.high = high
	return t
}

// Id sets the trace apart from all others.
func (t *Trace) Id() int64 {
	if t.root == nil {
		return t.id.Load()
	}
	return idAt(&t.id)
}

// High is the upper half of the id of 128 bits whose lower half is Id. It is
// random for traces that begin here, what NewTrace128 was given, and 0 for
// those of NewTrace.
func (t *Trace) High() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.root != nil && t.high == 0 {
		t.high = rand.Uint64()
	}
	return t.high
}

// String is the id of 128 bits in hex, as other systems write it.
func (t *Trace) String() string {
	return fmt.Sprintf("%016x%016x", t.High(), uint64(t.Id()))
}

// Spans is how many spans of the trace are live in this process.
func (t *Trace) Spans() int64 {
	live := t.live.Load()
	if t.root == nil {
		return live
	}
	live += t.root.below.Load()
	if !t.root.ended() {
		live++
	}
	return live
}

// Get returns the value of key, nil if there is none.
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
