package tracing

import (
	"container/list"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// RecorderOptions tune a Recorder. The zero value works.
type RecorderOptions struct {
	// MaxBytes is about how much memory the traces take that are kept, at
	// most; beyond it the one goes that ended first. What is held of those
	// that run may take as much again. Zero means 8 MiB.
	MaxBytes int
	// Each is how many traces of a function are kept for each Reason. Zero
	// means 10.
	Each int
	// Window is how long a trace stays among the slowest before a quicker one
	// may take its place. Zero means ten minutes.
	Window time.Duration
}

// Recorder keeps the latest, the slowest and the failed traces of each
// function that begins traces. It keeps text and numbers, nothing of the
// program's. Its methods may be called from anywhere.
type Recorder struct {
	opts     RecorderOptions
	stop     func()
	families sync.Map // *monkit.Func → *family; emptied with mu held
	closed   atomic.Bool
	held     atomic.Int64 // spans of traces that run, but for the first few of each
	lost     atomic.Int64 // spans, for want of room

	mu      sync.Mutex
	order   list.List // guarded by mu; of *kept, that which ended first is in front
	bytes   int       // guarded by mu; of all in order
	spans   int       // guarded by mu; of all in order
	evicted int64     // guarded by mu; traces, for want of room
}

var _ monkit.StatSource = (*Recorder)(nil)

// NewRecorder returns a recorder of the traces of r that begin from now on.
// Close ends it.
func NewRecorder(r *monkit.Registry, o RecorderOptions) *Recorder {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 20
	}
	if o.Each <= 0 {
		o.Each = 10
	}
	if o.Window <= 0 {
		o.Window = 10 * time.Minute
	}
	rec := &Recorder{opts: o}
	rec.stop = r.ObserveTraces(rec.observe)
	return rec
}

// Close ends recording. What was kept can still be read. Later calls do
// nothing.
func (r *Recorder) Close() {
	if r.closed.CompareAndSwap(false, true) {
		r.stop()
	}
}

// Traces returns what is kept, the latest first.
func (r *Recorder) Traces() []Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Recorded, 0, r.order.Len())
	for e := r.order.Back(); e != nil; e = e.Prev() {
		all = append(all, e.Value.(*kept).Recorded)
	}
	slices.SortStableFunc(all, func(a, b Recorded) int { return b.Start.Compare(a.Start) })
	return all
}

// Find returns the trace with that ID, or false if it is not kept any more.
func (r *Recorder) Find(id string) (Recorded, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := r.order.Front(); e != nil; e = e.Next() {
		if k := e.Value.(*kept); k.ID == id {
			return k.Recorded, true
		}
	}
	return Recorded{}, false
}

// Stats tells the series trace_recorder: what is kept, and what was not for
// want of room.
func (r *Recorder) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	r.mu.Lock()
	traces, spans, bytes, evicted := r.order.Len(), r.spans, r.bytes, r.evicted
	r.mu.Unlock()
	cb(recorderKey, "traces", float64(traces))
	cb(recorderKey, "spans", float64(spans))
	cb(recorderKey, "bytes", float64(bytes))
	cb(recorderKey, "evicted", float64(evicted))
	cb(recorderKey, "dropped_spans", float64(r.lost.Load()))
}

var recorderKey = monkit.NewSeriesKey("trace_recorder")

// consider keeps a trace if there is a reason to. Most have none, and cost no
// more than the question: what they are told as is made without the lock.
func (r *Recorder) consider(c caught) {
	reasons := r.family(c.root.Span.Func()).reasons(c)
	if reasons == 0 || r.closed.Load() {
		return
	}
	k := newKept(c, r.opts.MaxBytes/4)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return
	}
	r.keep(k, reasons)
	for r.bytes > r.opts.MaxBytes {
		r.evicted++
		r.remove(r.order.Front().Value.(*kept))
	}
}

// family returns that of fn, made if need be.
func (r *Recorder) family(fn *monkit.Func) *family {
	f, ok := r.families.Load(fn)
	if !ok {
		f, _ = r.families.LoadOrStore(fn, newFamily(fn))
	}
	return f.(*family)
}

// keep puts k among those of its function. mu is held.
func (r *Recorder) keep(k *kept, reasons Reason) {
	k.place = r.order.PushBack(k)
	r.bytes += k.bytes
	r.spans += len(k.rows)
	r.lost.Add(int64(k.cut))
	for _, left := range r.family(k.fn).add(k, reasons, r.opts) {
		r.remove(left)
	}
}

// remove forgets k. mu is held.
func (r *Recorder) remove(k *kept) {
	f := r.family(k.fn)
	if f.remove(k, r.opts); f.empty() {
		r.families.Delete(k.fn)
	}
	r.order.Remove(k.place)
	r.bytes -= k.bytes
	r.spans -= len(k.rows)
}
