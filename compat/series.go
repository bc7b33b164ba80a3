package monkit

import "monkit.example/monkit"

// SeriesKey is the name of one series: a measurement and tags.
type SeriesKey = monkit.SeriesKey

// NewSeriesKey returns the key of measurement without tags.
func NewSeriesKey(measurement string) SeriesKey { return monkit.NewSeriesKey(measurement) }

// SeriesTag is a key and a value in the name of a series.
type SeriesTag = monkit.SeriesTag

// NewSeriesTag returns the tag key=val.
func NewSeriesTag(key, val string) SeriesTag { return monkit.NewSeriesTag(key, val) }

// TagSet is an immutable set of tags.
type TagSet = monkit.TagSet

// StatSource is anything that reports its current values.
type StatSource = monkit.StatSource

// StatSourceFunc is a function that is a StatSource.
type StatSourceFunc = monkit.StatSourceFunc

// StatSourceFromStruct returns a source that reports the numbers and bools in
// structData.
func StatSourceFromStruct(key SeriesKey, structData interface{}) StatSource {
	return monkit.StatSourceFromStruct(key, structData)
}

// Collect returns the values of mon by their names.
func Collect(mon StatSource) map[string]float64 { return monkit.Collect(mon) }

// CallbackTransformer returns a callback that changes, adds or drops samples
// before it calls another callback.
type CallbackTransformer = monkit.CallbackTransformer

// CallbackTransformerFunc is a function that is a CallbackTransformer.
type CallbackTransformerFunc = monkit.CallbackTransformerFunc

// TransformStatSource returns a source that reports the samples of s after
// transformers changed them.
func TransformStatSource(s StatSource, transformers ...CallbackTransformer) StatSource {
	return monkit.TransformStatSource(s, transformers...)
}

// DeltaTransformer adds a sample for each total: its growth since the last pass.
type DeltaTransformer = monkit.DeltaTransformer

// NewDeltaTransformer returns a transformer that has seen no samples.
func NewDeltaTransformer() *DeltaTransformer { return monkit.NewDeltaTransformer() }
