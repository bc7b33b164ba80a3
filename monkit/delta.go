package monkit

import "sync"

// maxDeltas bounds the series that a DeltaTransformer remembers.
const maxDeltas = 100_000

// DeltaTransformer adds to each value of a field total one of a field delta:
// how much it grew since the last pass. The first pass has none. Use one for
// each destination.
type DeltaTransformer struct {
	mu   sync.Mutex
	last map[string]float64 // guarded by mu
}

// NewDeltaTransformer returns a transformer that has seen nothing.
func NewDeltaTransformer() *DeltaTransformer {
	return &DeltaTransformer{last: make(map[string]float64)}
}

// Transform returns a callback that adds deltas to what it hands on to cb.
func (d *DeltaTransformer) Transform(cb func(key SeriesKey, field string, val float64)) func(key SeriesKey, field string, val float64) {
	return func(key SeriesKey, field string, val float64) {
		cb(key, field, val)
		if field != "total" {
			return
		}
		if delta, ok := d.swap(key.String(), val); ok {
			cb(key, "delta", delta)
		}
	}
}

// swap remembers val. What is too much to remember has no delta.
func (d *DeltaTransformer) swap(name string, val float64) (delta float64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, ok := d.last[name]
	if ok || len(d.last) < maxDeltas {
		d.last[name] = val
	}
	return val - last, ok
}
