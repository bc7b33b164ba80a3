package collect

import "monkit.example/monkit"

const reporterMeasurement = "collect_reporter"

// statKeys are the series of the collector itself, made once.
type statKeys struct {
	self    monkit.SeriesKey
	outlets []monkit.SeriesKey
}

func newStatKeys(outlets []*outlet) statKeys {
	k := statKeys{self: monkit.NewSeriesKey("collect")}
	for _, out := range outlets {
		k.outlets = append(k.outlets, monkit.NewSeriesKey(reporterMeasurement).WithTag("reporter", out.name))
	}
	return k
}

// Stats emits what the collector knows of itself, of its reporters, and what
// these say of themselves. A batch holds the numbers of the walk before.
func (c *Collector) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	n := &c.counts
	cb(c.keys.self, "walks", float64(n.walks.Load()))
	cb(c.keys.self, "walk_seconds", float64(n.walkNanos.Load())/1e9)
	cb(c.keys.self, "points", float64(n.series.Load()))
	cb(c.keys.self, "duplicates", float64(n.duplicates.Load()))
	cb(c.keys.self, "panics", float64(n.panics.Load()))
	cb(c.keys.self, "ticks_skipped", float64(n.skipped.Load()))
	for i, out := range c.outlets {
		key, n := c.keys.outlets[i], out.read()
		cb(key, "batches", float64(n.batches))
		cb(key, "points", float64(n.points))
		cb(key, "missed_batches", float64(n.missedBatches))
		cb(key, "missed_points", float64(n.missedPoints))
		cb(key, "errors", float64(n.errors))
		cb(key, "panics", float64(n.panics))
		if s, ok := out.rep.(monkit.StatSource); ok {
			s.Stats(cb)
		}
	}
}

// IsTotal knows the collector's own counts, and asks its reporters for theirs.
func (c *Collector) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	switch key.Measurement {
	case c.keys.self.Measurement:
		return field != "walk_seconds" && field != "points", true
	case reporterMeasurement:
		return true, true
	}
	for _, out := range c.outlets {
		if s, ok := out.rep.(monkit.TotalSource); ok {
			if total, known = s.IsTotal(key, field); known {
				break
			}
		}
	}
	return total, known
}
