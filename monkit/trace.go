package monkit

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Trace is all the spans that came of one root, here and in other processes,
// and the values that go with them.
type Trace struct {
	id        int64
	spans     atomic.Int64
	observers watchers[SpanCtxObserver]

	mu   sync.RWMutex
	vals map[interface{}]interface{} // guarded by mu; nil until the first Set
}

// NewTrace returns a trace without spans.
func NewTrace(id int64) *Trace { return &Trace{id: id} }

// Id sets the trace apart from all others.
func (t *Trace) Id() int64 { return t.id }

// Spans is how many spans of the trace are live in this process.
func (t *Trace) Spans() int64 { return t.spans.Load() }

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
