package monkit

import "sync/atomic"

// gauge is a value that is asked for when it is needed.
type gauge struct {
	key    SeriesKey
	health *health
	ask    atomic.Pointer[func() float64]
}

// Stats tells value, or nothing if asking for it panics.
func (g *gauge) Stats(cb func(key SeriesKey, field string, val float64)) {
	ask := g.ask.Load()
	if ask == nil || *ask == nil {
		return
	}
	if val, ok := g.try(*ask); ok {
		cb(g.key, "value", val)
	}
}

func (g *gauge) try(ask func() float64) (val float64, ok bool) {
	defer func() {
		if recover() != nil {
			g.health.panics.Add(1)
		}
	}()
	return ask(), true
}
