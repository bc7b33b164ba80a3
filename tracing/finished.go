package tracing

import (
	"slices"
	"time"

	"monkit.example/monkit"
)

// MaxSpans is how many spans of one trace are collected. Those that end after
// it was reached are counted, but not kept.
const MaxSpans = 10_000

// FinishedSpan is a span that has ended, and how.
type FinishedSpan struct {
	Span     *monkit.Span
	Err      error
	Panicked bool
	Finish   time.Time
}

// StartTimeSorter sorts spans by when they began.
type StartTimeSorter []*FinishedSpan

// Len implements sort.Interface.
func (s StartTimeSorter) Len() int { return len(s) }

// Swap implements sort.Interface.
func (s StartTimeSorter) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Less implements sort.Interface.
func (s StartTimeSorter) Less(i, j int) bool { return byStart(s[i], s[j]) < 0 }

// Sort sorts s in place.
func (s StartTimeSorter) Sort() { slices.SortStableFunc(s, byStart) }

func byStart(a, b *FinishedSpan) int { return a.Span.Start().Compare(b.Span.Start()) }
