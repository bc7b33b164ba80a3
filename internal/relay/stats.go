package relay

import (
	"maps"
	"slices"
	"sync"

	"monkit.example/monkit"
)

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
		key = monkit.NewSeriesKey("relay_"+measurement).WithTag(measurement, name)
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
	for _, in := range r.intakes {
		in.listener.Stats(cb)
	}
	for _, d := range r.dests {
		if s, ok := d.Reporter.(monkit.StatSource); ok {
			s.Stats(cb)
		}
	}
}

// reasons emits what was rejected or dropped, by reason.
func (r *Relay) reasons(cb func(monkit.SeriesKey, string, float64), measurement, name, field string, n map[string]int64) {
	for _, why := range slices.Sorted(maps.Keys(n)) {
		cb(r.keys.key(measurement, name, why), field, float64(n[why]))
	}
}
