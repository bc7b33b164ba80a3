package monkittest

import (
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Registry is a monkit.Registry that remembers its values at the time of New or
// Watch and records all spans from then on.
//
// The Want methods report an error and let the test go on. Value, Span, Wait
// and WaitSpan end the test if they fail, so call them from the test's own
// goroutine. All other methods are safe for concurrent use.
type Registry struct {
	*monkit.Registry

	tb     testing.TB
	before map[string]float64 // values at New or Watch, by the names of monkit.Collect
	spans  spanLog
}

// New returns an empty registry, which records spans until the test ends.
func New(tb testing.TB) *Registry { return Watch(tb, monkit.NewRegistry()) }

// Watch returns a Registry that records the spans of r until the test ends.
// A span that started before Watch is recorded when it ends.
func Watch(tb testing.TB, r *monkit.Registry) *Registry {
	w := &Registry{Registry: r, tb: tb, before: monkit.Collect(r)}
	tb.Cleanup(tracing.ObserveAllTraces(r, &w.spans))
	return w
}
