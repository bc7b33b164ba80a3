package tracing

import "monkit.example/monkit"

const (
	// SampledKey is the trace value, a bool, that says whether the trace is to
	// be exported.
	SampledKey = "sampled"
	// SampledCBKey is the trace value, a func(*monkit.Trace), by which exporters
	// hear that a trace became sampled after it began.
	SampledCBKey = "sampled-cb"
)

// Sampled reports whether t is to be exported.
func Sampled(t *monkit.Trace) bool {
	sampled, _ := t.Get(SampledKey).(bool)
	return sampled
}

// decided reports whether somebody said already if t is to be exported.
func decided(t *monkit.Trace) bool {
	_, ok := t.Get(SampledKey).(bool)
	return ok
}

// Sample has t exported from now on, and those told of it that it leads to in
// other processes.
func Sample(t *monkit.Trace) {
	t.Set(SampledKey, true)
	if tell, ok := t.Get(SampledCBKey).(func(*monkit.Trace)); ok {
		tell(t)
	}
}

// ObserveSampledTraces tells o of the spans of the traces of r that are
// sampled: by whoever began them, by choose where nobody decided, or later by
// Sample. A nil choose chooses none. It may be asked more than once about a
// trace.
func ObserveSampledTraces(r *monkit.Registry, choose func(*monkit.Trace) bool, o monkit.SpanObserver) (cancel func()) {
	w := newWatch()
	attach := func(t *monkit.Trace) { w.attach(t, o) }
	return w.start(r, func(t *monkit.Trace) {
		switch {
		case Sampled(t):
			attach(t)
		case choose != nil && !decided(t) && choose(t):
			Sample(t)
			attach(t)
		default:
			hearOf(t, w, attach)
		}
	})
}

// watchKey is the trace value that marks that a watch hears of the trace.
type watchKey struct{ *watch }

// hearOf has sampled called when t is. Those who were to be called stay so. In
// a trace that has got the values of another one, we are among them already:
// once more, and the callbacks of traces that come of each other would never
// stop growing.
func hearOf(t *monkit.Trace, w *watch, sampled func(*monkit.Trace)) {
	before, called := t.Get(SampledCBKey).(func(*monkit.Trace))
	if called && t.Get(watchKey{w}) != nil {
		return
	}
	t.Set(watchKey{w}, true)
	t.Set(SampledCBKey, func(t *monkit.Trace) {
		if before != nil {
			before(t)
		}
		sampled(t)
	})
}
