package listen

import "monkit.example/monkit"

// keys are made once, so that a walk allocates nothing.
type keys struct{ all monkit.SeriesKey }

func newKeys(name string) keys {
	return keys{all: monkit.NewSeriesKey("listen").WithTag("listener", name)}
}

var _ monkit.TotalSource = (*Listener)(nil)

// Stats tells the series listen with the tag listener: what came in, what
// waits, and how many lines were refused, in a field for each reason that
// [Listener.Intake] has.
func (l *Listener) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	waiting, most := l.ring.level()
	cb(l.keys.all, "bytes", float64(l.counts.bytes.Load()))
	cb(l.keys.all, "errors", float64(l.counts.troubles.Load()))
	cb(l.keys.all, "ring_bytes", float64(waiting))
	cb(l.keys.all, "ring_bytes_max", float64(most))
	for why, name := range reasonNames {
		cb(l.keys.all, name, float64(l.counts.rejected[why].Load()))
	}
	if l.packet != nil {
		l.packetStats(cb)
	} else {
		l.streamStats(cb)
	}
}

// IsTotal knows that all counts up but what waits and what is open.
func (l *Listener) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement != l.keys.all.Measurement || key.Tags.Get("listener") != l.name {
		return false, false
	}
	switch field {
	case "ring_bytes", "ring_bytes_max", "rcvbuf_bytes", "kernel_queue_bytes", "connections":
		return false, true
	}
	return true, true
}

func (l *Listener) packetStats(cb func(key monkit.SeriesKey, field string, val float64)) {
	cb(l.keys.all, "datagrams", float64(l.counts.datagrams.Load()))
	cb(l.keys.all, "refused_datagrams", float64(l.counts.refusedFull.Load()))
	if l.packet.rcvbuf > 0 {
		cb(l.keys.all, "rcvbuf_bytes", float64(l.packet.rcvbuf))
	}
	if k := l.packet.kernel(); k.known {
		cb(l.keys.all, "kernel_dropped_datagrams", float64(k.drops))
		cb(l.keys.all, "kernel_queue_bytes", float64(k.queued))
	}
}

func (l *Listener) streamStats(cb func(key monkit.SeriesKey, field string, val float64)) {
	cb(l.keys.all, "connections", float64(l.counts.open.Load()))
	cb(l.keys.all, "accepted_connections", float64(l.counts.accepted.Load()))
	cb(l.keys.all, "refused_connections", float64(l.counts.refused.Load()))
	cb(l.keys.all, "idle_connections_closed", float64(l.counts.idle.Load()))
	if l.tls != nil {
		cb(l.keys.all, "failed_handshakes", float64(l.counts.noTLS.Load()))
	}
}
