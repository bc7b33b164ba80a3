package relay

import (
	"maps"
	"slices"

	"monkit.example/monkit"
)

// Stats emits the ledger as series, and what the senders say of themselves.
func (r *Relay) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	l := r.Ledger()
	for _, in := range l.Listeners {
		key := monkit.NewSeriesKey("listener").WithTag("listener", in.Name)
		cb(key, "received", float64(in.Received))
		cb(key, "accepted", float64(in.Accepted))
		if in.KnowsDrops {
			cb(key, "kernel_dropped_datagrams", float64(in.KernelDrops))
		}
		for _, why := range slices.Sorted(maps.Keys(in.Rejected)) {
			cb(key.WithTag("why", why), "rejected", float64(in.Rejected[why]))
		}
	}
	for _, d := range l.Destinations {
		key := monkit.NewSeriesKey("destination").WithTag("destination", d.Name)
		cb(key, "accepted", float64(d.Accepted))
		cb(key, "delivered", float64(d.Delivered))
		cb(key, "pending", float64(d.Pending))
		for _, why := range slices.Sorted(maps.Keys(d.Dropped)) {
			cb(key.WithTag("why", why), "dropped", float64(d.Dropped[why]))
		}
	}
	for _, d := range r.dests {
		if s, ok := d.Reporter.(monkit.StatSource); ok {
			s.Stats(cb)
		}
	}
}
