package environment

import "monkit.example/monkit"

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
}

type emit = func(key monkit.SeriesKey, field string, val float64)

func (s *source) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	s.stats(cb)
}
