package monkit

import "monkit.example/monkit"

// Counter is a number that goes up and down.
type Counter = monkit.Counter

// NewCounter returns a counter with the series key.
func NewCounter(key SeriesKey) *Counter { return monkit.NewCounter(key) }

// Meter counts events and knows how many there are a second.
type Meter = monkit.Meter

// NewMeter returns a meter with the series key.
func NewMeter(key SeriesKey) *Meter { return monkit.NewMeter(key) }

// DiffMeter tells how much more one meter counts than another.
type DiffMeter = monkit.DiffMeter

// NewDiffMeter returns the difference m1 - m2 with the series key.
func NewDiffMeter(key SeriesKey, m1, m2 *Meter) *DiffMeter { return monkit.NewDiffMeter(key, m1, m2) }

// BoolVal counts how often something was true and how often false.
type BoolVal = monkit.BoolVal

// NewBoolVal returns a BoolVal with the series key.
func NewBoolVal(key SeriesKey) *BoolVal { return monkit.NewBoolVal(key) }

// StructVal tells the fields of the last struct it was given.
type StructVal = monkit.StructVal

// NewStructVal returns a StructVal with the series key.
func NewStructVal(key SeriesKey) *StructVal { return monkit.NewStructVal(key) }

// RawVal keeps the last value and what aggregations make of all.
type RawVal = monkit.RawVal

// NewRawVal returns a RawVal with the series key.
func NewRawVal(key SeriesKey, aggregations ...Aggregate) *RawVal {
	return monkit.NewRawVal(key, aggregations...)
}

// Aggregate returns the two ends of one number made of all values.
type Aggregate = monkit.Aggregate

// Count is an Aggregate that counts values.
func Count() (observe func(val float64), stat func() (field string, val float64)) {
	return monkit.Count()
}

// Sum is an Aggregate that adds values up.
func Sum() (observe func(val float64), stat func() (field string, val float64)) {
	return monkit.Sum()
}
