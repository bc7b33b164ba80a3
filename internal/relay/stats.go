package relay

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"monkit.example/monkit"
)

const measurementPrefix = "relay_"

// statKeys are the series of a relay, each made once. There are as many as
// listeners, destinations and reasons.
type statKeys struct {
	mu  sync.Mutex
	all map[statKey]monkit.SeriesKey // guarded by mu
}

// statKey is a listener or a destination, by its name, and a reason or "".
type statKey struct{ measurement, name, why string }

func (k *statKeys) key(measurement, name, why string) monkit.SeriesKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := statKey{measurement, name, why}
	key, ok := k.all[id]
	if !ok {
		key = monkit.NewSeriesKey(measurementPrefix+measurement).WithTag(measurement, name)
		if why != "" {
			key = key.WithTag("why", why)
		}
		if k.all == nil {
			k.all = make(map[statKey]monkit.SeriesKey)
		}
		k.all[id] = key
	}
	return key
}

// Stats emits the ledger as series, and what listeners and senders say of
// themselves.
func (r *Relay) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	l := r.Ledger()
	for _, in := range l.Listeners {
		key := r.keys.key("listener", in.Name, "")
		cb(key, "received", float64(in.Received))
		cb(key, "accepted", float64(in.Accepted))
		r.reasons(cb, "listener", in.Name, "rejected", in.Rejected)
	}
	for _, d := range l.Destinations {
		key := r.keys.key("destination", d.Name, "")
		cb(key, "accepted", float64(d.Accepted))
		cb(key, "delivered", float64(d.Delivered))
		cb(key, "pending", float64(d.Pending))
		r.reasons(cb, "destination", d.Name, "dropped", d.Dropped)
	}
	for s := range r.sources() {
		s.Stats(cb)
	}
}

// sources are listeners and senders.
func (r *Relay) sources() iter.Seq[monkit.StatSource] {
	return func(yield func(monkit.StatSource) bool) {
		for _, in := range r.intakes {
			if !yield(in.listener) {
				return
			}
		}
		for _, d := range r.dests {
			if s, ok := d.Reporter.(monkit.StatSource); ok && !yield(s) {
				return
			}
		}
	}
}

// IsTotal knows that lines count up unless they are pending, and asks
// listeners and senders for their own.
func (r *Relay) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
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

// reasons emits what was rejected or dropped, by reason.
func (r *Relay) reasons(cb func(monkit.SeriesKey, string, float64), measurement, name, field string, n map[string]int64) {
	for _, why := range slices.Sorted(maps.Keys(n)) {
		cb(r.keys.key(measurement, name, why), field, float64(n[why]))
	}
}
