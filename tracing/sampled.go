package tracing

import (
	"sync"

	"monkit.example/monkit"
)

const (
	// SampledKey is the trace value, a bool, that decides whether the trace is
	// exported.
	SampledKey = "sampled"
	// SampledCBKey is the trace value, a func(*monkit.Trace), that Sample calls
	// to notify exporters of a trace that became sampled after it began.
	SampledCBKey = "sampled-cb"
)

// Sampled reports whether t is exported.
func Sampled(t *monkit.Trace) bool {
	sampled, _ := t.Get(SampledKey).(bool)
	return sampled
}

// isDecided reports whether SampledKey of t is set, to true or false.
func isDecided(t *monkit.Trace) bool {
	_, ok := t.Get(SampledKey).(bool)
	return ok
}

// Sample marks t as sampled: exporters get the spans that end from now on, and
// requests to other processes carry the decision.
func Sample(t *monkit.Trace) {
	t.Set(SampledKey, true)
	if notify, ok := t.Get(SampledCBKey).(func(*monkit.Trace)); ok {
		notify(t)
	}
}

// ObserveSampledTraces calls o for the spans of the sampled traces of r, until
// cancel is called. A trace is sampled if the caller in another process
// decided so, if choose returns true for a trace without a decision, or once
// Sample is called. A nil choose chooses no trace. ObserveSampledTraces may
// call choose more than once for one trace.
func ObserveSampledTraces(r *monkit.Registry, choose func(*monkit.Trace) bool, o monkit.SpanObserver) (cancel func()) {
	w := newRegistryWatch()
	ended := exports.begin(r)
	attach := func(t *monkit.Trace) { w.attach(t, o) }
	stop := w.start(r, func(t *monkit.Trace) {
		switch {
		case Sampled(t):
			attach(t)
		case choose != nil && !isDecided(t) && choose(t):
			Sample(t)
			attach(t)
		default:
			onSample(t, w, attach)
		}
	})
	return func() {
		ended()
		stop()
	}
}

// Exports reports whether ObserveSampledTraces observes r, as exporters do. It
// does not know of observers that set SampledCBKey themselves.
func Exports(r *monkit.Registry) bool {
	exports.mu.Lock()
	defer exports.mu.Unlock()
	return exports.observers[r] > 0
}

// observed counts the observers of sampled traces of each registry.
type observed struct {
	mu        sync.Mutex
	observers map[*monkit.Registry]int // guarded by mu; above zero
}

var exports = observed{observers: make(map[*monkit.Registry]int)}

// begin counts an observer of r until end is called.
func (o *observed) begin(r *monkit.Registry) (end func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.observers[r]++
	return sync.OnceFunc(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.observers[r]--; o.observers[r] == 0 {
			delete(o.observers, r)
		}
	})
}

// watchKey is the trace value that marks a trace whose SampledCBKey includes
// the callback of the watch.
type watchKey struct{ *registryWatch }

// onSample makes Sample(t) call attach, after the callback that t already has.
// A trace that copied the values of another trace has the callback of w
// already; adding it again would make the chain of callbacks longer with each
// copy, without end.
func onSample(t *monkit.Trace, w *registryWatch, attach func(*monkit.Trace)) {
	previous, _ := t.Get(SampledCBKey).(func(*monkit.Trace))
	if previous != nil && t.Get(watchKey{w}) != nil {
		return
	}
	t.Set(watchKey{w}, true)
	t.Set(SampledCBKey, func(t *monkit.Trace) {
		if previous != nil {
			previous(t)
		}
		attach(t)
	})
}
