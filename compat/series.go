package monkit

import "monkit.example/monkit"

// SeriesKey names one series: what is measured, and the tags that set it
// apart.
type SeriesKey = monkit.SeriesKey

// NewSeriesKey returns the key of measurement without tags.
func NewSeriesKey(measurement string) SeriesKey { return monkit.NewSeriesKey(measurement) }

// SeriesTag is one key and value of a series.
type SeriesTag = monkit.SeriesTag

// NewSeriesTag returns the tag key=val.
func NewSeriesTag(key, val string) SeriesTag { return monkit.NewSeriesTag(key, val) }

// TagSet is an immutable set of tags.
type TagSet = monkit.TagSet

// StatSource is anything that can tell its current values.
type StatSource = monkit.StatSource

// StatSourceFunc is a function that is a StatSource.
type StatSourceFunc = monkit.StatSourceFunc

// StatSourceFromStruct returns a source of the numbers and bools in structData.
func StatSourceFromStruct(key SeriesKey, structData interface{}) StatSource {
	return monkit.StatSourceFromStruct(key, structData)
}

// Collect returns the values of mon by their names.
func Collect(mon StatSource) map[string]float64 { return monkit.Collect(mon) }

// CallbackTransformer changes, adds or drops samples on their way to a
// callback.
type CallbackTransformer = monkit.CallbackTransformer

// CallbackTransformerFunc is a function that is a CallbackTransformer.
type CallbackTransformerFunc = monkit.CallbackTransformerFunc

// TransformStatSource returns s seen through transformers.
func TransformStatSource(s StatSource, transformers ...CallbackTransformer) StatSource {
	return monkit.TransformStatSource(s, transformers...)
}

// DeltaTransformer adds to each total how much it grew since the last pass.
type DeltaTransformer = monkit.DeltaTransformer

// NewDeltaTransformer returns a transformer that has seen nothing.
func NewDeltaTransformer() *DeltaTransformer { return monkit.NewDeltaTransformer() }
