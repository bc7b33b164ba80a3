package monkit

import (
	"log/slog"
	"sync/atomic"
)

// healthName is the measurement of a scope's health.
const healthName = "monkit_scope"

// health counts failures inside a scope. No method returns an error for them,
// so the scope reports them as a series, and logs the first conflict and the
// first overflow.
type health struct {
	panics    atomic.Int64 // of user callbacks
	conflicts atomic.Int64 // metrics whose name belongs to another kind
	overflows atomic.Int64 // lookups and chained sources beyond the limits
	unlisted  atomic.Int64 // live spans beyond the limit of a list

	loggedConflict, loggedOverflow atomic.Bool
}

// emit emits the counts under key, or nothing while all are 0.
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

// warnOnce logs the first conflict and the first overflow of the scope, after
// the metric with key was looked up. The caller must hold no lock, because the
// log handler is user code that may use the scope.
func (s *Scope) warnOnce(key SeriesKey) {
	h := &s.health
	if h.conflicts.Load() > 0 && h.loggedConflict.CompareAndSwap(false, true) {
		h.warn("monkit: two kinds of metric have one name; the second is not reported", "series", key.String(),
			"do", "give one of them another name or a tag")
	}
	if h.overflows.Load() > 0 && h.loggedOverflow.CompareAndSwap(false, true) {
		h.warn("monkit: a scope has too many metrics; further ones share one of each kind, called overflow", "scope", s.name,
			"do", "use fewer different names and tags, or see Registry.ExpireIdle and LimitSources")
	}
}

// warn logs msg. It counts a panic of the log handler.
func (h *health) warn(msg string, args ...any) {
	defer func() {
		if recover() != nil {
			h.panics.Add(1)
		}
	}()
	slog.Warn(msg, args...)
}
