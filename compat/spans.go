package monkit

import (
	"context"

	"monkit.example/monkit"
)

// Task starts and ends the runs of one function.
type Task = monkit.Task

// Func is a function that is measured.
type Func = monkit.Func

// FuncStats counts how often a function ran, how it ended, and how long it
// took.
type FuncStats = monkit.FuncStats

// NewFuncStats returns a FuncStats with the series key.
func NewFuncStats(key SeriesKey) *FuncStats { return monkit.NewFuncStats(key) }

// AddErrorNameHandler adds f to the functions that give errors their names. The
// function that was added last is called first.
func AddErrorNameHandler(f func(error) (string, bool)) { monkit.AddErrorNameHandler(f) }

// Span is a run of a Func that has not ended.
type Span = monkit.Span

// Annotation is a name and a value that were added to a span.
type Annotation = monkit.Annotation

// SpanFromCtx returns the span of ctx, or nil.
func SpanFromCtx(ctx context.Context) *Span { return monkit.SpanFromCtx(ctx) }

// ResetContextSpan returns ctx without its span.
func ResetContextSpan(ctx context.Context) context.Context { return monkit.ResetContextSpan(ctx) }

// Trace is a root span with all spans that it led to.
type Trace = monkit.Trace

// NewTrace returns a trace that has the id and no spans.
func NewTrace(id int64) *Trace { return monkit.NewTrace(id) }

// NewId returns a random number of 63 bits.
func NewId() int64 { return monkit.NewId() }

// SpanObserver is called when spans of a trace start and end.
type SpanObserver = monkit.SpanObserver

// SpanCtxObserver is a SpanObserver that may change the context of a span.
type SpanCtxObserver = monkit.SpanCtxObserver
