package monkittest

import (
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Registry is a registry, and what happened in it since New or Watch. Its
// Want methods report to the test, which goes on; Value, Span, Wait and
// WaitSpan end the test if they fail, so they belong to its goroutine. All
// else is safe for concurrent use.
type Registry struct {
	*monkit.Registry

	tb     testing.TB
	before map[string]float64 // by the names of monkit.Collect
	calls  calls
}

// New returns an empty registry that is good until the test ends.
func New(tb testing.TB) *Registry { return Watch(tb, monkit.NewRegistry()) }

// Watch returns what happens in r until the test ends. Spans that are live
// already are seen when they end.
func Watch(tb testing.TB, r *monkit.Registry) *Registry {
	w := &Registry{Registry: r, tb: tb, before: monkit.Collect(r)}
	tb.Cleanup(tracing.ObserveAllTraces(r, &w.calls))
	return w
}
