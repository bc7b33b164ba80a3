package monkit

import (
	"math"
	"sync"
)

// expiry is what a scope remembers from one search for idle metrics to the
// next. See Registry.ExpireIdle.
type expiry struct {
	mu    sync.Mutex // held by the walk that searches; others skip the search
	last  int64      // guarded by mu; ticks of the last search
	marks map[StatSource]idleMark
}

// idleMark is the fingerprint of a source's samples, and the ticks since when
// it has been the same.
type idleMark struct {
	print uint64
	since int64
}

// expireIdle has the index release sources whose samples have not changed for
// the time that ExpireIdle set. It searches four times in that time at most.
func (s *Scope) expireIdle() {
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
	s.expiry.markIdleLocked(s.index.reported(), now)
	s.expiry.sweepLocked(&s.index, now-after)
}

// markIdleLocked notes since when the samples of each source are the same. It
// runs Stats of the sources, so no lock of the scope is held but e.mu.
func (e *expiry) markIdleLocked(sources []StatSource, now int64) {
	marks := make(map[StatSource]idleMark, len(sources))
	for _, src := range sources {
		mark := idleMark{fingerprint(src), now}
		if old, ok := e.marks[src]; ok && old.print == mark.print {
			mark.since = old.since
		}
		marks[src] = mark
	}
	e.marks = marks
}

// sweepLocked sweeps index of what has been idle since before. Where a metric
// became weak its mark moves to the weakSource, because the key of the map
// would keep the metric from the garbage collector.
func (e *expiry) sweepLocked(index *sourceIndex, before int64) {
	weakened := index.sweep(func(src StatSource) bool {
		mark, ok := e.marks[src]
		return ok && mark.since <= before
	}, before)
	for src, w := range weakened {
		if mark, ok := e.marks[src]; ok {
			e.marks[w] = mark
			delete(e.marks, src)
		}
	}
}

// fingerprint is a hash of the values that src emits.
func fingerprint(src StatSource) uint64 {
	print := uint64(14695981039346656037)
	src.Stats(func(_ SeriesKey, _ string, val float64) {
		print = (print ^ math.Float64bits(val)) * 1099511628211
		print ^= print >> 29
	})
	return print
}
