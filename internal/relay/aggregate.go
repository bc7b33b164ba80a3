package relay

import (
	"context"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/aggregate"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/otlp"
)

// openAggregate makes the aggregate if a listener's lines need it for a destination.
// A collector starts to read it when all listeners are bound.
func (r *Relay) openAggregate() {
	listeners, lines := 0, format{}
	for _, a := range r.listeners {
		if a.format.reportsChanges {
			listeners, lines = listeners+1, a.format
		}
	}
	fan, perField := newFanOut(r.logFailure), 0
	for _, d := range r.destinations {
		if d.needsAggregate(lines) {
			fan.destinations = append(fan.destinations, d)
			if d.format == otlp.Format {
				perField++
			}
		}
	}
	if listeners == 0 || len(fan.destinations) == 0 {
		return
	}
	r.fanOut = fan
	r.series = aggregate.New(aggregate.Options{
		Bytes: r.cfg.AggregateBytes, Listeners: listeners, Reporters: len(fan.destinations), FieldReporters: perField,
		Stamped: fan.Report, Logger: r.cfg.Logger,
	})
	r.aggregate = &destination{Destination: Destination{"aggregate", r.series}, format: lines.name}
}

// collectAggregate starts the collector that reads the aggregate.
func (r *Relay) collectAggregate() {
	if r.series != nil {
		o := collect.Options{Interval: r.cfg.Aggregate, Spread: -1, Logger: r.cfg.Logger}
		r.collector = collect.New(r.series, o, r.fanOut)
	}
}

// closeAggregate reports the series a last time. A quarter of the time of drain is for
// reading them, and what is left of a half for reporting them, so that the
// destinations can deliver in the rest. What is not read or reported then is dropped
// and counted.
func (r *Relay) closeAggregate(drain context.Context) {
	if r.collector == nil {
		return
	}
	now := time.Now()
	end, _ := drain.Deadline()
	ctx, cancel := context.WithDeadline(drain, now.Add(end.Sub(now)/4*3))
	defer cancel()
	r.series.EndWalks(now.Add(end.Sub(now) / 4))
	defer time.AfterFunc(end.Sub(now)/2, func() { r.fanOut.ended.Store(true) }).Stop()
	err := r.collector.Close(ctx)
	r.fanOut.end(drain)
	r.series.Close(drain) // never fails
	lines, points := r.series.Ledger().Dropped[ledger.Closed], r.fanOut.cutOff()
	if err != nil || lines+points > 0 {
		r.cfg.Logger.Warn("sending the last aggregates failed", "err", err, "dropped_lines", lines, "dropped_points", points)
	}
}

// emitAggregate emits how much the aggregate uses of its memory.
func (r *Relay) emitAggregate(cb func(key monkit.SeriesKey, field string, val float64)) {
	if r.series == nil {
		return
	}
	key, u := monkit.NewSeriesKey(aggregateMeasurement), r.series.Usage()
	cb(key, "bytes", float64(u.Bytes))
	cb(key, "max_bytes", float64(u.MaxBytes))
	cb(key, "series", float64(u.Series))
	cb(key, evictedField, float64(u.Evicted))
}

const (
	aggregateMeasurement = measurementPrefix + "aggregate"
	evictedField         = "evicted"
)
