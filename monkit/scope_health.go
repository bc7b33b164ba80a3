package monkit

import (
	"log/slog"
	"sync/atomic"
)

// healthName is the measurement of a scope's health.
const healthName = "monkit_scope"

// health counts what went wrong inside a scope that the program never hears
// of otherwise.
type health struct {
	panics    atomic.Int64 // user callbacks that panicked
	conflicts atomic.Int64 // names used for two kinds
	overflows atomic.Int64 // lookups beyond the limit of sources
	unlisted  atomic.Int64 // spans beyond those that are shown

	toldConflict, toldOverflow atomic.Bool // in the log
}

// emit tells the counts under key, or nothing while all is well.
func (h *health) emit(key SeriesKey, cb func(key SeriesKey, field string, val float64)) {
	panics, conflicts, overflows, unlisted := h.panics.Load(), h.conflicts.Load(), h.overflows.Load(), h.unlisted.Load()
	if panics|conflicts|overflows|unlisted == 0 {
		return
	}
	cb(key, "callback_panics", float64(panics))
	cb(key, "kind_conflicts", float64(conflicts))
	cb(key, "overflows", float64(overflows))
	cb(key, "unlisted_spans", float64(unlisted))
}

// warnOnce says in the log what first went wrong in the scope, when the source
// with key had been made. No lock is held: the log is not ours.
func (s *Scope) warnOnce(key SeriesKey) {
	h := &s.health
	if h.conflicts.Load() > 0 && h.toldConflict.CompareAndSwap(false, true) {
		h.warn("monkit: two kinds of metric have one name; the second is not told", "series", key.String(),
			"do", "give one of them another name or a tag")
	}
	if h.overflows.Load() > 0 && h.toldOverflow.CompareAndSwap(false, true) {
		h.warn("monkit: a scope has too many metrics; further ones share those with the tag overflow", "scope", s.name,
			"do", "make names and tags of what is few, or see Registry.ExpireIdle and LimitSources")
	}
}

// warn bears with a log that panics.
func (h *health) warn(msg string, args ...any) {
	defer func() {
		if recover() != nil {
			h.panics.Add(1)
		}
	}()
	slog.Warn(msg, args...)
}
