package monkit

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

// TransformStatSource returns s seen through transformers. The last one sees
// samples first, and the first one what it makes of them.
func TransformStatSource(s StatSource, transformers ...CallbackTransformer) StatSource {
	return StatSourceFunc(func(cb func(key SeriesKey, field string, val float64)) {
		for _, t := range transformers {
			cb = t.Transform(cb)
		}
		s.Stats(cb)
	})
}
