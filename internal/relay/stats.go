package relay

import (
	"iter"
	"strings"
	"sync"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

const measurementPrefix = "relay_"

// statKeys makes the key of each series once. There are as many as listeners
// and destinations times reasons, and listeners times hints.
type statKeys struct {
	mu  sync.Mutex
	all map[statKey]monkit.SeriesKey // guarded by mu
}

// statKey identifies a series. The role is "listener" or "destination", and also
// the key of the tag whose value is the name.
type statKey struct {
	role, name string
	reason     ledger.Reason // or ""
	hint       string        // or ""
}

func (k *statKeys) key(id statKey) monkit.SeriesKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.all[id]
	if !ok {
		key = monkit.NewSeriesKey(measurementPrefix+id.role).WithTag(id.role, id.name)
		if id.reason != "" {
			key = key.WithTag("reason", string(id.reason))
		}
		if id.hint != "" {
			key = key.WithTag("hint", id.hint)
		}
		if k.all == nil {
			k.all = make(map[statKey]monkit.SeriesKey)
		}
		k.all[id] = key
	}
	return key
}

// Stats emits the ledger as the series relay_listener and relay_destination, the
// hints as relay_listener with the tag hint, the lost lines of the log as relay_log,
// and the series of the listeners and senders.
func (r *Relay) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	l := r.Ledger()
	for _, in := range l.Listeners {
		id := statKey{role: "listener", name: in.Name}
		key := r.keys.key(id)
		cb(key, "received", float64(in.Received))
		cb(key, "accepted", float64(in.Accepted))
		cb(key, "pending", float64(in.Pending))
		if in.BadReadings > 0 {
			cb(key, "bad_readings", float64(in.BadReadings))
		}
		r.emitReasons(cb, id, "rejected", in.Rejected)
	}
	for _, h := range r.Hints() {
		cb(r.keys.key(statKey{role: "listener", name: h.Listener, hint: h.Hint.Name}), "hinted", float64(h.Lines))
	}
	for _, d := range l.Destinations {
		id := statKey{role: "destination", name: d.Name}
		key := r.keys.key(id)
		cb(key, "accepted", float64(d.Accepted))
		cb(key, "delivered", float64(d.Delivered))
		cb(key, "pending", float64(d.Pending))
		r.emitReasons(cb, id, "dropped", d.Dropped)
	}
	if r.cfg.LostLogs != nil {
		cb(logKey, "lost_lines", float64(r.cfg.LostLogs()))
	}
	r.emitAggregate(cb)
	for s := range r.sources() {
		s.Stats(cb)
	}
}

var logKey = monkit.NewSeriesKey(measurementPrefix + "log")

// emitReasons emits field for each reason, as a series with the tag reason.
func (r *Relay) emitReasons(cb func(monkit.SeriesKey, string, float64), id statKey, field string, counts ledger.Counts) {
	for _, reason := range counts.Reasons() {
		id.reason = reason
		cb(r.keys.key(id), field, float64(counts[reason]))
	}
}

// IsTotal reports that all counts of lines except pending are totals, and so are
// evicted series. It passes
// the question on to the listeners and senders for their series.
func (r *Relay) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement == aggregateMeasurement {
		return field == evictedField, true
	}
	if strings.HasPrefix(key.Measurement, measurementPrefix) {
		return field != "pending", true
	}
	for s := range r.sources() {
		if s, ok := s.(monkit.TotalSource); ok {
			if total, known = s.IsTotal(key, field); known {
				break
			}
		}
	}
	return total, known
}

// sources iterates over the listeners and senders that have series.
func (r *Relay) sources() iter.Seq[monkit.StatSource] {
	return func(yield func(monkit.StatSource) bool) {
		for _, rec := range r.receivers {
			if !yield(rec.listener) {
				return
			}
		}
		for _, d := range r.destinations {
			if s, ok := d.Reporter.(monkit.StatSource); ok && !yield(s) {
				return
			}
		}
	}
}
