package listen

import (
	"maps"
	"slices"

	"monkit.example/monkit"
)

// keys are made once.
type keys struct{ all monkit.SeriesKey }

func newKeys(name string) keys {
	return keys{all: monkit.NewSeriesKey("listen").WithTag("listener", name)}
}

var _ monkit.StatSource = (*Listener)(nil)

// Stats tells the series listen with the tag listener, and for lines that were
// refused the tag reason.
func (l *Listener) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	waiting, most := l.ring.level()
	cb(l.keys.all, "ring_bytes", float64(waiting))
	cb(l.keys.all, "ring_bytes_max", float64(most))
	if l.packet != nil {
		l.packetStats(cb)
	} else {
		cb(l.keys.all, "connections", float64(l.open.Load()))
		cb(l.keys.all, "connections_total", float64(l.accepted.Load()))
		cb(l.keys.all, "connections_refused", float64(l.refused.Load()))
	}
	rejected := l.Intake().Rejected
	for _, why := range slices.Sorted(maps.Keys(rejected)) {
		cb(l.keys.all.WithTag("reason", why), "rejected_lines", float64(rejected[why]))
	}
}

func (l *Listener) packetStats(cb func(key monkit.SeriesKey, field string, val float64)) {
	cb(l.keys.all, "datagrams", float64(l.datagrams.Load()))
	cb(l.keys.all, "datagrams_ring_full", float64(l.refused.Load()))
	if l.packet.rcvbuf > 0 {
		cb(l.keys.all, "rcvbuf_bytes", float64(l.packet.rcvbuf))
	}
	if n, ok := l.KernelDrops(); ok {
		cb(l.keys.all, "kernel_dropped_datagrams", float64(n))
	}
}
