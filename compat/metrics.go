package monkit

import "monkit.example/monkit"

// Counter is a number that goes up and down.
type Counter = monkit.Counter

// NewCounter returns a counter with the series key.
func NewCounter(key SeriesKey) *Counter { return monkit.NewCounter(key) }

// Meter counts events and reports their rate per second.
type Meter = monkit.Meter

// NewMeter returns a meter with the series key.
func NewMeter(key SeriesKey) *Meter { return monkit.NewMeter(key) }

// DiffMeter reports the difference of two meters.
type DiffMeter = monkit.DiffMeter

// NewDiffMeter returns the difference m1 - m2 with the series key.
func NewDiffMeter(key SeriesKey, m1, m2 *Meter) *DiffMeter { return monkit.NewDiffMeter(key, m1, m2) }

// BoolVal counts how often a value was true and how often it was false.
type BoolVal = monkit.BoolVal

// NewBoolVal returns a BoolVal with the series key.
func NewBoolVal(key SeriesKey) *BoolVal { return monkit.NewBoolVal(key) }

// StructVal reports the fields of the last struct that it observed.
type StructVal = monkit.StructVal

// NewStructVal returns a StructVal with the series key.
func NewStructVal(key SeriesKey) *StructVal { return monkit.NewStructVal(key) }

// RawVal keeps the last value, and the results of aggregations over all values.
type RawVal = monkit.RawVal

// NewRawVal returns a RawVal with the series key.
func NewRawVal(key SeriesKey, aggregations ...Aggregate) *RawVal {
	return monkit.NewRawVal(key, aggregations...)
}

// Aggregate returns two functions: one that observes a value, and one that
// returns a number made of all observed values.
type Aggregate = monkit.Aggregate

// Count is an Aggregate that returns the number of values.
func Count() (observe func(val float64), stat func() (field string, val float64)) {
	return monkit.Count()
}

// Sum is an Aggregate that returns the sum of values.
func Sum() (observe func(val float64), stat func() (field string, val float64)) {
	return monkit.Sum()
}
