package monkit

import (
	"sync/atomic"
	"weak"
)

// weakSource takes the place of a metric that was idle, in the table and in
// the sources of a sourceIndex, so that the garbage collector can take the
// metric once neither the index nor the program refers to it.
//
// A metric is released in steps, at least one sweep apart. First its entry in
// the table becomes weak, so that a lookup goes to makeSource and restores the
// metric. If none has done so by the next sweep, the index drops its own
// reference. Once the metric is collected, a sweep removes the weakSource.
type weakSource struct {
	get func() StatSource // returns nil once the metric is collected; set once by weaken

	held     StatSource // guarded by the index's mu; the metric, while the index keeps it
	found    bool       // guarded by the index's mu; the table has the metric itself as well
	restored int64      // guarded by the index's mu; ticks of the last lookup that restored it
}

// Stats emits the samples of the metric.
func (w *weakSource) Stats(cb func(key SeriesKey, field string, val float64)) {
	if src := w.get(); src != nil {
		src.Stats(cb)
	}
}

// strong returns the metric that src is or stands for, nil if it is collected.
func strong(src StatSource) StatSource {
	if w, ok := src.(*weakSource); ok {
		return w.get()
	}
	return src
}

// weaken returns a weakSource that still holds src. It returns nil for a kind
// of metric that never expires: a program need not hold a gauge or a
// DiffMeter for as long as it is used.
func weaken(src StatSource) *weakSource {
	switch src := src.(type) {
	case *Counter:
		return newWeakSource(src)
	case *Meter:
		return newWeakSource(src)
	case *Timer:
		return newWeakSource(src)
	case *IntVal:
		return newWeakSource(src)
	case *FloatVal:
		return newWeakSource(src)
	case *DurationVal:
		return newWeakSource(src)
	case *BoolVal:
		return newWeakSource(src)
	case *RawVal:
		return newWeakSource(src)
	case *StructVal:
		return newWeakSource(src)
	case *Func:
		return newWeakSource(src)
	}
	return nil
}

func newWeakSource[S any, P interface {
	*S
	StatSource
}](src P) *weakSource {
	ref := weak.Make((*S)(src))
	return &weakSource{held: src, get: func() StatSource {
		if src := ref.Value(); src != nil {
			return P(src)
		}
		return nil
	}}
}

// restoreLocked returns the metric of type T with name and tags, if it is weak and not
// collected yet, and has the index hold it and find it again.
func restoreLocked[T StatSource](x *sourceIndex, fn bool, name string, tags []SeriesTag) (src T, ok bool) {
	hash := hashSeries(name, tags)
	for e := x.first(hash); e != nil; e = e.next.Load() {
		w, isWeak := e.src.(*weakSource)
		if !isWeak || !e.matches(fn, hash, name, tags) {
			continue
		}
		if src, ok = w.get().(T); ok {
			w.held, w.found, w.restored = src, true, ticks()
			x.insertLocked(&indexEntry{hash: e.hash, name: e.name, tags: e.tags, src: src, fn: e.fn})
			return src, true
		}
	}
	return src, false
}

// sweep moves each source that isIdle reports one step towards its release,
// unless a lookup has restored it since ticks were at since. It returns the
// metrics that are weak in the table from now on.
func (x *sourceIndex) sweep(isIdle func(src StatSource) bool, since int64) (weakened map[StatSource]*weakSource) {
	x.mu.Lock()
	defer x.mu.Unlock()
	kept := make([]StatSource, 0, len(x.sources))
	weakened = make(map[StatSource]*weakSource)
	for _, src := range x.sources {
		w, isWeak := src.(*weakSource)
		switch {
		case isWeak && w.get() == nil:
			continue
		case isWeak:
			if w.stepLocked(!isIdle(src) || w.restored > since) {
				weakened[w.get()] = w
			}
		case isIdle(src):
			if w = weaken(src); w != nil {
				w.restored = since
				weakened[src] = w
				src = w
			}
		}
		kept = append(kept, src)
	}
	if len(kept) < len(x.sources) || len(weakened) > 0 {
		x.rebuildLocked(weakened)
	}
	x.sources = kept
	x.full.Store(len(kept) >= int(x.limit.Load()))
	return weakened
}

// stepLocked reports whether the metric itself leaves the table.
func (w *weakSource) stepLocked(inUse bool) (leaves bool) {
	switch {
	case inUse:
		w.held = w.get()
	case w.found:
		w.found = false
		return true
	default:
		w.held = nil
	}
	return false
}

// rebuildLocked replaces the table by one where the entries of weakened are
// weak, without metrics that are collected. It copies entries, because a find
// may stand on an old one.
func (x *sourceIndex) rebuildLocked(weakened map[StatSource]*weakSource) {
	old := x.buckets.Load()
	if old == nil {
		return
	}
	rebuilt := make([]atomic.Pointer[indexEntry], len(*old))
	x.entries = 0
	seen := make(map[*weakSource]bool) // a restored metric has two entries
	for i := range *old {
		for e := (*old)[i].Load(); e != nil; e = e.next.Load() {
			src := e.src
			if w := weakened[src]; w != nil {
				src = w
			}
			if w, isWeak := src.(*weakSource); isWeak {
				if w.get() == nil || seen[w] {
					continue
				}
				seen[w] = true
			}
			link(rebuilt, &indexEntry{hash: e.hash, name: e.name, tags: e.tags, src: src, fn: e.fn, detached: e.detached})
			x.entries++
		}
	}
	x.buckets.Store(&rebuilt)
}
