package monkit

import "monkit.example/monkit"

// ReservoirSize has no effect. It exists for programs that mention it.
const ReservoirSize = monkit.ReservoirSize

// Window has no effect. It exists for programs that mention it.
var Window = monkit.Window

// ObservedQuantiles are the quantiles of a distribution that pages show.
var ObservedQuantiles = monkit.ObservedQuantiles

// IntDist is a distribution of integers.
type IntDist = monkit.IntDist

// NewIntDist returns an empty distribution with the series key.
func NewIntDist(key SeriesKey) *IntDist { return monkit.NewIntDist(key) }

// FloatDist is a distribution of floats.
type FloatDist = monkit.FloatDist

// NewFloatDist returns an empty distribution with the series key.
func NewFloatDist(key SeriesKey) *FloatDist { return monkit.NewFloatDist(key) }

// DurationDist is a distribution of durations.
type DurationDist = monkit.DurationDist

// NewDurationDist returns an empty distribution with the series key.
func NewDurationDist(key SeriesKey) *DurationDist { return monkit.NewDurationDist(key) }

// IntVal observes integers and reports their distribution.
type IntVal = monkit.IntVal

// NewIntVal returns an IntVal with the series key.
func NewIntVal(key SeriesKey) *IntVal { return monkit.NewIntVal(key) }

// FloatVal observes floats and reports their distribution.
type FloatVal = monkit.FloatVal

// NewFloatVal returns a FloatVal with the series key.
func NewFloatVal(key SeriesKey) *FloatVal { return monkit.NewFloatVal(key) }

// DurationVal observes durations and reports their distribution.
type DurationVal = monkit.DurationVal

// NewDurationVal returns a DurationVal with the series key.
func NewDurationVal(key SeriesKey) *DurationVal { return monkit.NewDurationVal(key) }

// Timer measures durations and reports their distribution.
type Timer = monkit.Timer

// NewTimer returns a timer with the series key.
func NewTimer(key SeriesKey) *Timer { return monkit.NewTimer(key) }

// RunningTimer is a measurement of a Timer that has started.
type RunningTimer = monkit.RunningTimer
