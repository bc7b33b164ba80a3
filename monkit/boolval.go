package monkit

import "sync/atomic"

// BoolVal counts how often something was true and how often false. It is
// safe for concurrent use and takes no lock.
type BoolVal struct {
	key           SeriesKey
	trues, falses atomic.Int64
	recent        atomic.Bool
}

// NewBoolVal returns a BoolVal with the series key.
func NewBoolVal(key SeriesKey) *BoolVal { return &BoolVal{key: key} }

// Observe counts val.
func (v *BoolVal) Observe(val bool) {
	if val {
		v.trues.Add(1)
	} else {
		v.falses.Add(1)
	}
	if v.recent.Load() != val {
		v.recent.Store(val)
	}
}

// Stats tells disposition, which is true minus false, then false, recent (1
// or 0) and true.
func (v *BoolVal) Stats(cb func(key SeriesKey, field string, val float64)) {
	trues, falses, recent := v.trues.Load(), v.falses.Load(), 0.0
	if v.recent.Load() {
		recent = 1
	}
	cb(v.key, "disposition", float64(trues-falses))
	cb(v.key, "false", float64(falses))
	cb(v.key, "recent", recent)
	cb(v.key, "true", float64(trues))
}
