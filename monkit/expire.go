package monkit

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// ExpireIdle has the registry forget metrics and Funcs whose values have not
// changed for so long, unless somebody holds them: those whose names or tags
// are made of data that does not come again. A metric in a variable is never
// forgotten, nor are gauges, differences and what was chained. One that was
// forgotten and is asked for again begins anew. Zero, the default, is never.
//
// Idle metrics are found by walks. It takes up to one and a half times as long
// until one is forgotten, and then the garbage collector.
func (r *Registry) ExpireIdle(after time.Duration) { r.core.idle.Store(int64(max(after, 0))) }

// faded is what a scope has of a source that was idle once. While it does not
// hold the source, that is gone as soon as nobody else does. Its fields are
// guarded by the scope's mu.
type faded struct {
	get     func() StatSource // nil once the source is gone
	held    StatSource        // the source, while it may not go
	found   bool              // the table has the source itself
	revived int64             // ticks when somebody asked for it again
}

// Stats is the source's.
func (f *faded) Stats(cb func(key SeriesKey, field string, val float64)) {
	if src := f.get(); src != nil {
		src.Stats(cb)
	}
}

// whole is src, or the source that faded to it: nil if that is gone.
func whole(src StatSource) StatSource {
	if f, ok := src.(*faded); ok {
		return f.get()
	}
	return src
}

// fade returns src as one that can go, or nil if nobody but the scope can
// hold it.
func fade(src StatSource) *faded {
	switch src := src.(type) {
	case *Counter:
		return fadedOf(src)
	case *Meter:
		return fadedOf(src)
	case *Timer:
		return fadedOf(src)
	case *IntVal:
		return fadedOf(src)
	case *FloatVal:
		return fadedOf(src)
	case *DurationVal:
		return fadedOf(src)
	case *BoolVal:
		return fadedOf(src)
	case *RawVal:
		return fadedOf(src)
	case *StructVal:
		return fadedOf(src)
	case *Func:
		return fadedOf(src)
	}
	return nil
}

func fadedOf[S any, P interface {
	*S
	StatSource
}](src P) *faded {
	w := weak.Make((*S)(src))
	return &faded{held: src, get: func() StatSource {
		if src := w.Value(); src != nil {
			return P(src)
		}
		return nil
	}}
}

// expiry is what a scope remembers between looks for idle sources.
type expiry struct {
	mu    sync.Mutex // held while somebody looks
	last  int64      // guarded by mu; ticks of the last look
	marks map[StatSource]idleMark
}

// idleMark is what a source told, and since when it tells that.
type idleMark struct {
	print uint64
	since int64 // ticks
}

// expire looks for idle sources, if it is time to.
func (s *Scope) expire() {
	after := s.registry.idle.Load()
	if after == 0 || !s.expiry.mu.TryLock() {
		return
	}
	defer s.expiry.mu.Unlock()
	now := ticks()
	if s.expiry.marks != nil && now-s.expiry.last < after/4 {
		return
	}
	s.expiry.last = now
	s.lookAround(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letGo(now - after)
}

// lookAround notes what sources tell. It holds no lock of the scope's.
func (s *Scope) lookAround(now int64) {
	marks := make(map[StatSource]idleMark)
	for _, src := range s.snapshot() {
		mark := idleMark{fingerprint(src), now}
		if old, ok := s.expiry.marks[src]; ok && old.print == mark.print {
			mark.since = old.since
		}
		marks[src] = mark
	}
	s.expiry.marks = marks
}

// fingerprint is most often another number when the source tells something
// else.
func fingerprint(src StatSource) uint64 {
	print := uint64(14695981039346656037)
	src.Stats(func(_ SeriesKey, _ string, val float64) {
		print = (print ^ math.Float64bits(val)) * 1099511628211
		print ^= print >> 29
	})
	return print
}

// letGo has each source that has told the same since idle take one more step
// on its way out: out of the table, so that who asks for it comes to revive;
// at a later look, out of the scope's hold; and then, if that was the last
// one, out of its memory. s.mu is held.
func (s *Scope) letGo(idle int64) {
	next := make([]StatSource, 0, len(s.sources))
	out := make(map[StatSource]*faded) // of the table
	for _, src := range s.sources {
		mark, seen := s.expiry.marks[src]
		isIdle := seen && mark.since <= idle
		f, ok := src.(*faded)
		switch {
		case ok && f.get() == nil:
			continue
		case ok:
			if f.step(isIdle, idle) {
				out[f.get()] = f
			}
		case isIdle:
			if f = fade(src); f != nil {
				f.revived, s.expiry.marks[f] = mark.since, mark
				delete(s.expiry.marks, src) // it holds src
				out[src], src = f, f
			}
		}
		next = append(next, src)
	}
	if len(next) < len(s.sources) || len(out) > 0 {
		s.table.replace(out)
	}
	s.sources = next
	s.full.Store(len(next) >= s.limit)
}

// step reports whether the source leaves the table.
func (f *faded) step(isIdle bool, idle int64) (leaves bool) {
	switch {
	case !isIdle || f.revived > idle:
		f.held = f.get()
	case f.found:
		f.found = false
		return true
	default:
		f.held = nil
	}
	return false
}

// replace makes the table anew, for those who come from now on: with what
// faded in place of sources that are out, and without what is gone.
func (t *table) replace(out map[StatSource]*faded) {
	old := t.buckets.Load()
	if old == nil {
		return
	}
	anew := make([]atomic.Pointer[entry], len(*old))
	var all []*entry
	met := make(map[*faded]bool) // one entry each
	for i := range *old {
		for e := (*old)[i].Load(); e != nil; e = e.next.Load() {
			src := e.src
			if f := out[src]; f != nil {
				src = f
			}
			f, ok := src.(*faded)
			if !ok || f.get() != nil && !met[f] {
				met[f] = true
				all = append(all, &entry{hash: e.hash, name: e.name, tags: e.tags, src: src, own: e.own, detached: e.detached})
			}
		}
	}
	t.n = len(all)
	for _, e := range all {
		b := &anew[e.hash&uint64(len(anew)-1)]
		e.next.Store(b.Load())
		b.Store(e)
	}
	t.buckets.Store(&anew)
}

// revive makes a source that faded whole again, if it is still there. s.mu is
// held.
func revive[T StatSource](s *Scope, own uint8, hash uint64, name string, tags []SeriesTag) (src T, ok bool) {
	for e := s.table.first(hash); e != nil; e = e.next.Load() {
		f, isFaded := e.src.(*faded)
		if !isFaded || e.hash != hash || e.own != own || e.name != name || !e.has(tags) {
			continue
		}
		if src, ok = f.get().(T); ok {
			f.held, f.found, f.revived = src, true, ticks()
			s.table.add(&entry{hash: hash, name: name, tags: e.tags, src: src, own: own})
			return src, true
		}
	}
	return src, false
}
