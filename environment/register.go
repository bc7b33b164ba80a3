package environment

import (
	"slices"

	"monkit.example/monkit"
)

// Register adds every source of this package to registry, in the scope of this
// package. A nil registry means monkit.Default. Registering again changes
// nothing.
func Register(registry *monkit.Registry) {
	if registry == nil {
		registry = monkit.Default
	}
	RegisterIn(registry.Package())
}

// RegisterIn adds every source of this package to scope. Registering again
// changes nothing.
func RegisterIn(scope *monkit.Scope) {
	for _, source := range sources() {
		scope.Chain(source)
	}
}

// sources returns every source of this package in the order of a walk.
func sources() []monkit.StatSource {
	return []monkit.StatSource{OS(), Proc(), Process(), Runtime(), Rusage(), Build(), Limits(), Pressure(), Cgroup()}
}

// A source is a StatSource that lives for the whole program. It is used by
// pointer, so that a scope recognizes a source that is chained already.
type source struct {
	stats    func(emit) // nil if this platform has nothing to report
	counters counters
}

// counters lists, by measurement, the fields that count up from zero at the
// start of the process. It has only measurements in which the name of a field
// does not show whether it does.
type counters map[string][]string

var _ monkit.TotalSource = (*source)(nil)

type emit = func(key monkit.SeriesKey, field string, val float64)

// Stats implements monkit.StatSource.
func (s *source) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	if s.stats != nil {
		s.stats(cb)
	}
}

// IsTotal implements monkit.TotalSource. It knows the measurements in counters.
func (s *source) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	fields, known := s.counters[key.Measurement]
	return slices.Contains(fields, field), known
}
