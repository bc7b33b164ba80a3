package monkit

import (
	"context"

	"monkit.example/monkit"
)

// Task measures the runs of one function.
type Task = monkit.Task

// Func is a function that is measured.
type Func = monkit.Func

// FuncStats counts how often a function ran, how it ended, and how long it
// took.
type FuncStats = monkit.FuncStats

// NewFuncStats returns a FuncStats with the series key.
func NewFuncStats(key SeriesKey) *FuncStats { return monkit.NewFuncStats(key) }

// AddErrorNameHandler makes f the first that is asked to name an error.
func AddErrorNameHandler(f func(error) (string, bool)) { monkit.AddErrorNameHandler(f) }

// Span is one run of a Func that is under way.
type Span = monkit.Span

// Annotation is a remark on a span.
type Annotation = monkit.Annotation

// SpanFromCtx returns the span that ctx runs in, nil if there is none.
func SpanFromCtx(ctx context.Context) *Span { return monkit.SpanFromCtx(ctx) }

// ResetContextSpan returns ctx without its span.
func ResetContextSpan(ctx context.Context) context.Context { return monkit.ResetContextSpan(ctx) }

// Trace is all the spans that came of one root.
type Trace = monkit.Trace

// NewTrace returns a trace without spans.
func NewTrace(id int64) *Trace { return monkit.NewTrace(id) }

// NewId returns a random number of 63 bits.
func NewId() int64 { return monkit.NewId() }

// SpanObserver is told of the spans of a trace.
type SpanObserver = monkit.SpanObserver

// SpanCtxObserver is a SpanObserver that takes part in the context.
type SpanCtxObserver = monkit.SpanCtxObserver
