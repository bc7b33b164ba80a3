package monkit

import "sync/atomic"

// gauge is a value that a function of the user returns at every walk.
type gauge struct {
	key    SeriesKey
	health *health
	ask    atomic.Pointer[func() float64]
	inside atomic.Int32 // walks that are in the function
}

// Stats emits value, or nothing if the function panics.
func (g *gauge) Stats(cb func(key SeriesKey, field string, val float64)) {
	ask := g.ask.Load()
	if ask == nil || *ask == nil {
		return
	}
	if val, ok := g.call(*ask); ok {
		cb(g.key, "value", val)
	}
}

// call calls f and reports whether it returned. It counts a panic.
func (g *gauge) call(f func() float64) (val float64, ok bool) {
	g.inside.Add(1)
	defer func() {
		g.inside.Add(-1)
		if recover() != nil {
			g.health.panics.Add(1)
		}
	}()
	return f(), true
}
