package environment

import (
	"slices"

	"monkit.example/monkit"
)

// Register adds every source of this package to registry, in the scope of this
// package. A nil registry is monkit.Default. Registering again changes
// nothing.
func Register(registry *monkit.Registry) {
	if registry == nil {
		registry = monkit.Default
	}
	RegisterIn(registry.Package())
}

// RegisterIn adds every source of this package to scope. Doing so again changes
// nothing.
func RegisterIn(scope *monkit.Scope) {
	for _, source := range sources() {
		scope.Chain(source)
	}
}

// sources are all there are, in the order that they are told.
func sources() []monkit.StatSource {
	return []monkit.StatSource{OS(), Proc(), Process(), Runtime(), Rusage(), Build(), Limits(), Pressure(), Cgroup()}
}

// source is a StatSource with an identity: a scope tells by it that a source
// is chained already. Each lives for the whole program.
type source struct {
	stats func(emit)
	ups   countsUp
}

// countsUp is, of the measurements whose fields' names do not tell, those
// fields that count up from zero at the start of the process.
type countsUp map[string][]string

var _ monkit.TotalSource = (*source)(nil)

type emit = func(key monkit.SeriesKey, field string, val float64)

func (s *source) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	s.stats(cb)
}

// IsTotal knows the fields that their names do not tell.
func (s *source) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	ups, known := s.ups[key.Measurement]
	return slices.Contains(ups, field), known
}
