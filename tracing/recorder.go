package tracing

import (
	"container/list"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// RecorderOptions configure a Recorder. The zero value works.
type RecorderOptions struct {
	// MaxBytes bounds the memory of all retained traces, by estimate. Beyond
	// it the Recorder evicts the trace that ended first. Spans of open traces
	// may take as much memory again. Zero means 8 MiB.
	MaxBytes int
	// PerReason is the number of traces of a function that are retained for
	// each Reason. Zero means 10.
	PerReason int
	// Window is how long a trace stays among the slowest before a faster one
	// may replace it. Zero means ten minutes.
	Window time.Duration
}

func (o RecorderOptions) withDefaults() RecorderOptions {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 20
	}
	if o.PerReason <= 0 {
		o.PerReason = 10
	}
	if o.Window <= 0 {
		o.Window = 10 * time.Minute
	}
	return o
}

// Recorder retains the recent, failed and slow traces of each function that
// begins traces. Retained traces hold text and numbers; they reference no
// values of the program. All methods are safe for concurrent use.
//
// The mutexes of a Recorder and of its open traces are never held together.
type Recorder struct {
	opts      RecorderOptions
	stop      func()   // stops observing
	funcs     sync.Map // *monkit.Func → *funcTraces; entries are deleted with mu held
	closed    atomic.Bool
	openSpans atomic.Int64 // finished spans of open traces, without the first few of each
	dropped   atomic.Int64 // spans beyond the bounds

	mu      sync.Mutex
	traces  list.List // guarded by mu; of *retainedTrace, in the order in which they were retained
	bytes   int       // guarded by mu; of all traces
	spans   int       // guarded by mu; of all traces
	evicted int64     // guarded by mu; traces evicted because of MaxBytes
}

var _ monkit.StatSource = (*Recorder)(nil)

// NewRecorder returns a recorder of the traces of r that begin from now on.
// Close stops it.
func NewRecorder(r *monkit.Registry, o RecorderOptions) *Recorder {
	rec := &Recorder{opts: o.withDefaults()}
	rec.stop = r.ObserveTraces(rec.observe)
	return rec
}

// Close stops recording. Traces retained so far stay readable. Later calls do
// nothing.
func (r *Recorder) Close() {
	if r.closed.CompareAndSwap(false, true) {
		r.stop()
	}
}

// Traces returns the retained traces, the latest first.
func (r *Recorder) Traces() []Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Recorded, 0, r.traces.Len())
	for e := r.traces.Back(); e != nil; e = e.Prev() {
		all = append(all, e.Value.(*retainedTrace).Recorded)
	}
	slices.SortStableFunc(all, func(a, b Recorded) int { return b.Start.Compare(a.Start) })
	return all
}

// Find returns the retained trace with that ID, or false if there is none.
func (r *Recorder) Find(id string) (Recorded, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := r.traces.Front(); e != nil; e = e.Next() {
		if t := e.Value.(*retainedTrace); t.ID == id {
			return t.Recorded, true
		}
	}
	return Recorded{}, false
}

// Stats emits the series trace_recorder: the numbers of retained traces and
// spans with their estimated bytes, of evicted traces, and of dropped spans.
func (r *Recorder) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	r.mu.Lock()
	traces, spans, bytes, evicted := r.traces.Len(), r.spans, r.bytes, r.evicted
	r.mu.Unlock()
	cb(recorderKey, "traces", float64(traces))
	cb(recorderKey, "spans", float64(spans))
	cb(recorderKey, "bytes", float64(bytes))
	cb(recorderKey, "evicted", float64(evicted))
	cb(recorderKey, "dropped_spans", float64(r.dropped.Load()))
}

var recorderKey = monkit.NewSeriesKey("trace_recorder")

// record retains t if there is a reason to. Most traces have none, so the
// reasons are determined without mu. The copy of t is made without mu too.
func (r *Recorder) record(t finishedTrace) {
	reasons := r.funcTraces(t.root.Span.Func()).reasons(t)
	if reasons == 0 {
		return
	}
	retained := newRetainedTrace(t, r.opts.MaxBytes/4) // one trace must not evict all others
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return
	}
	r.retainLocked(retained, reasons)
	for r.bytes > r.opts.MaxBytes {
		r.evicted++
		r.removeLocked(r.traces.Front().Value.(*retainedTrace))
	}
}

// funcTraces returns the traces of fn. It adds an entry for a new function.
func (r *Recorder) funcTraces(fn *monkit.Func) *funcTraces {
	f, ok := r.funcs.Load(fn)
	if !ok {
		f, _ = r.funcs.LoadOrStore(fn, newFuncTraces(fn))
	}
	return f.(*funcTraces)
}

// retainLocked adds t, and removes the traces that its function now has too
// many of.
func (r *Recorder) retainLocked(t *retainedTrace, reasons Reason) {
	t.elem = r.traces.PushBack(t)
	r.bytes += t.bytes
	r.spans += len(t.rows)
	r.dropped.Add(int64(t.cut))
	for _, replaced := range r.funcTraces(t.fn).addLocked(t, reasons, r.opts) {
		r.removeLocked(replaced)
	}
}

func (r *Recorder) removeLocked(t *retainedTrace) {
	f := r.funcTraces(t.fn)
	if f.removeLocked(t, r.opts); f.emptyLocked() {
		r.funcs.Delete(t.fn)
	}
	r.traces.Remove(t.elem)
	r.bytes -= t.bytes
	r.spans -= len(t.rows)
}
