package shape

import (
	"sync/atomic"

	"monkit.example/monkit"
)

const measurement = "shape"

// counts are what a reporter emits of itself.
type counts struct {
	points, failed       atomic.Int64
	fates                [fates]atomic.Int64
	deniedLines, rebuilt atomic.Int64
	forgotten            atomic.Int64
}

// Stats emits the series of the reporter, and those of the reporter behind it if
// that is a monkit.StatSource.
func (s *shaper) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	c := &s.counts
	for _, stat := range []struct {
		field string
		n     *atomic.Int64
	}{
		{"points", &c.points},
		{"passed_points", &c.fates[passed]},
		{"denied_points", &c.fates[denied]},
		{"misnamed_points", &c.fates[misnamed]},
		{"collided_points", &c.fates[collided]},
		{"failed_points", &c.failed},
		{"denied_lines", &c.deniedLines},
		{"rebuilt_lines", &c.rebuilt},
		{"forgotten_points", &c.forgotten},
	} {
		cb(s.key, stat.field, float64(stat.n.Load()))
	}
	if src, ok := s.rep.(monkit.StatSource); ok {
		src.Stats(cb)
	}
}

// IsTotal reports that all fields of the reporter's own series are totals, and
// asks the reporter behind it about the others.
func (s *shaper) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement == measurement {
		return true, true
	}
	if src, ok := s.rep.(monkit.TotalSource); ok {
		return src.IsTotal(key, field)
	}
	return false, false
}
