package collect

import (
	"monkit.example/internal/safelog"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

const (
	ownMeasurement      = "collect"
	reporterMeasurement = "collect_reporter"
)

// statKeys has the series of a collector, made once.
type statKeys struct {
	own     monkit.SeriesKey
	runners []runnerKeys
}

type runnerKeys struct{ all, dropped monkit.SeriesKey }

func newStatKeys(runners []*runner) statKeys {
	k := statKeys{own: monkit.NewSeriesKey(ownMeasurement)}
	for _, r := range runners {
		all := monkit.NewSeriesKey(reporterMeasurement).WithTag("reporter", r.name)
		k.runners = append(k.runners, runnerKeys{all, all.WithTag("reason", string(ledger.QueueFull))})
	}
	return k
}

// Stats emits the series of the collector, of each reporter as the collector
// counts it, and those of reporters that are StatSources. The values are of the
// previous walk.
func (c *Collector) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	n := &c.counts
	cb(c.keys.own, "walks", float64(n.walks.Load()))
	cb(c.keys.own, "walk_seconds", float64(n.walkNanos.Load())/1e9)
	cb(c.keys.own, "points", float64(n.points.Load()))
	cb(c.keys.own, "duplicates", float64(n.duplicates.Load()))
	cb(c.keys.own, "panics", float64(n.panics.Load()))
	cb(c.keys.own, "ticks_skipped", float64(n.skipped.Load()))
	cb(c.keys.own, "clock_steps", float64(n.clockSteps.Load()))
	cb(c.keys.own, "log_panics", float64(safelog.Panics()))
	for i, r := range c.runners {
		key, n := c.keys.runners[i], r.readCounts()
		cb(key.all, "batches", float64(n.batches))
		cb(key.all, "points", float64(n.points))
		cb(key.all, "errors", float64(n.errors))
		cb(key.all, "lost_points", float64(n.lostPoints))
		cb(key.all, "panics", float64(n.panics))
		cb(key.dropped, "dropped_batches", float64(n.droppedBatches))
		cb(key.dropped, "dropped_points", float64(n.droppedPoints))
		r.emitStats(cb)
	}
}

// IsTotal reports which of the collector's own fields are totals, and asks the
// reporters about theirs.
func (c *Collector) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	switch key.Measurement {
	case ownMeasurement:
		return field != "walk_seconds" && field != "points", true
	case reporterMeasurement:
		return true, true
	}
	for _, r := range c.runners {
		if total, known = r.isTotal(key, field); known {
			break
		}
	}
	return total, known
}

// emitStats emits the series of the reporter, if it is a StatSource. If that
// panics, the series of the other reporters follow. A panic of cb goes on: it is
// that of the code which walks.
func (r *runner) emitStats(cb func(key monkit.SeriesKey, field string, val float64)) {
	s, ok := r.rep.(monkit.StatSource)
	if !ok {
		return
	}
	r.inStats.Add(1)
	defer r.inStats.Add(-1)
	inReader := false
	err := guarded(func() error {
		s.Stats(func(key monkit.SeriesKey, field string, val float64) {
			inReader = true
			cb(key, field, val)
			inReader = false
		})
		return nil
	})
	if p, ok := err.(panicError); ok && inReader {
		panic(p.value)
	}
	r.notePanic("Stats", err)
}

// isTotal asks the reporter, if it is a TotalSource. One that panics does not
// know.
func (r *runner) isTotal(key monkit.SeriesKey, field string) (total, known bool) {
	s, ok := r.rep.(monkit.TotalSource)
	if !ok {
		return false, false
	}
	r.inStats.Add(1)
	defer r.inStats.Add(-1)
	r.call("IsTotal", func() error {
		total, known = s.IsTotal(key, field)
		return nil
	})
	return total, known
}
