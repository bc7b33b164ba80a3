package prometheus

import (
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

const (
	measurement = "monkit_metrics"
	scope       = "monkit.example/reporters/prometheus"
)

var ownKey = monkit.NewSeriesKey(measurement).WithTag("scope", scope)

// counts are those of a Handler. Those of pages are of the previous page.
type counts struct {
	pages, panics, busy, duplicates  atomic.Int64
	samples, collisions, unsupported atomic.Int64
	pageBytes, walkNanos             atomic.Int64
}

func (c *counts) set(n Count, walked time.Duration, size int, duplicates int64, panicked bool) {
	c.pages.Add(1)
	if panicked {
		c.panics.Add(1)
	}
	c.duplicates.Store(duplicates)
	c.samples.Store(int64(n.Samples))
	c.collisions.Store(int64(n.Collisions))
	c.unsupported.Store(int64(n.Unsupported))
	c.pageBytes.Store(int64(size))
	c.walkNanos.Store(int64(walked))
}

// Stats emits how many pages were made, how many walks a panic of the source
// ended, how many requests were rejected as busy, how many samples came twice in
// a walk, and of the previous page how many samples it had, how many points it
// left out, its size and the duration of its walk.
func (h *Handler) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	c := &h.counts
	cb(ownKey, "pages", float64(c.pages.Load()))
	cb(ownKey, "panics", float64(c.panics.Load()))
	cb(ownKey, "busy", float64(c.busy.Load()))
	cb(ownKey, "duplicates", float64(c.duplicates.Load()))
	cb(ownKey, "samples", float64(c.samples.Load()))
	cb(ownKey, "collisions", float64(c.collisions.Load()))
	cb(ownKey, "unsupported", float64(c.unsupported.Load()))
	cb(ownKey, "page_bytes", float64(c.pageBytes.Load()))
	cb(ownKey, "walk_seconds", time.Duration(c.walkNanos.Load()).Seconds())
}

// IsTotal reports which fields of Stats are totals.
func (h *Handler) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement != measurement {
		return false, false
	}
	switch field {
	case "pages", "panics", "busy", "duplicates":
		return true, true
	}
	return false, true
}

// both is a source and the Handler that serves it. The Handler comes first, so
// that a panic of the source does not hide it.
type both struct {
	src monkit.StatSource
	own *Handler
}

var _ monkit.TotalSource = both{}

// Stats emits the series of both.
func (b both) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	b.own.Stats(cb)
	b.src.Stats(cb)
}

// IsTotal asks the Handler, and then the source if it is a TotalSource.
func (b both) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Tags == ownKey.Tags {
		return b.own.IsTotal(key, field)
	}
	if s, ok := b.src.(monkit.TotalSource); ok {
		return s.IsTotal(key, field)
	}
	return false, false
}
