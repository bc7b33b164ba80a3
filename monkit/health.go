package monkit

import "sync/atomic"

// healthName is the measurement of a scope's health.
const healthName = "monkit_scope"

// health counts what went wrong inside a scope that the program never hears
// of otherwise.
type health struct {
	panics    atomic.Int64 // user callbacks that panicked
	conflicts atomic.Int64 // names used for two kinds
	overflows atomic.Int64 // lookups beyond the limit of sources
}

// emit tells the counts under key, or nothing while all is well.
func (h *health) emit(key SeriesKey, cb func(key SeriesKey, field string, val float64)) {
	panics, conflicts, overflows := h.panics.Load(), h.conflicts.Load(), h.overflows.Load()
	if panics|conflicts|overflows == 0 {
		return
	}
	cb(key, "callback_panics", float64(panics))
	cb(key, "kind_conflicts", float64(conflicts))
	cb(key, "overflows", float64(overflows))
}
