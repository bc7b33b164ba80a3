package monkit

import "sync"

// CallbackTransformer changes, adds or drops samples on their way to a
// callback.
type CallbackTransformer interface {
	Transform(func(key SeriesKey, field string, val float64)) func(key SeriesKey, field string, val float64)
}

// CallbackTransformerFunc is a function that is a CallbackTransformer.
type CallbackTransformerFunc func(func(key SeriesKey, field string, val float64)) func(key SeriesKey, field string, val float64)

// Transform calls f.
func (f CallbackTransformerFunc) Transform(cb func(key SeriesKey, field string, val float64)) func(key SeriesKey, field string, val float64) {
	return f(cb)
}

// TransformStatSource returns a source of the samples of s after transformers
// have changed them. The last transformer gets the samples first, and the first
// one gets them last.
func TransformStatSource(s StatSource, transformers ...CallbackTransformer) StatSource {
	return &transformed{s, newTransformers(transformers)}
}

// transformed is a source whose samples go through transformers.
type transformed struct {
	src          StatSource
	transformers *transformers
}

func (t *transformed) Stats(cb func(key SeriesKey, field string, val float64)) {
	t.transformers.walk(cb, t.src.Stats)
}

// maxDeltas bounds the series that a DeltaTransformer remembers, since a
// program may make series without end.
const maxDeltas = 100_000

// DeltaTransformer adds a field delta to each field total: how much that grew
// since the last walk. The first walk has no deltas. Use one transformer for
// each destination.
type DeltaTransformer struct {
	mu   sync.Mutex
	last map[string]float64 // guarded by mu
}

// NewDeltaTransformer returns a transformer before its first walk.
func NewDeltaTransformer() *DeltaTransformer {
	return &DeltaTransformer{last: make(map[string]float64)}
}

// Transform returns a callback that passes samples to cb and adds deltas.
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

// swap remembers val and returns the difference to the last one. It reports
// whether there was one: a series beyond maxDeltas never has a delta.
func (d *DeltaTransformer) swap(name string, val float64) (delta float64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, ok := d.last[name]
	if ok || len(d.last) < maxDeltas {
		d.last[name] = val
	}
	return val - last, ok
}
