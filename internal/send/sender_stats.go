package send

import (
	"time"

	"monkit.example/monkit"
)

// seriesKeys are made once, so that Stats does not allocate.
type seriesKeys struct {
	send    monkit.SeriesKey
	dropped [len(reasons)]monkit.SeriesKey // by index of reasons
}

func newSeriesKeys(destination string) seriesKeys {
	k := seriesKeys{send: monkit.NewSeriesKey("send").WithTag("destination", destination)}
	for i, reason := range reasons {
		k.dropped[i] = k.send.WithTag("reason", string(reason))
	}
	return k
}

var _ monkit.TotalSource = (*Sender)(nil)

// snapshot is a copy of the numbers that mu guards.
type snapshot struct {
	bytes, payloads int
	oldest          time.Duration // age
	sentLines       int64
	sentBytes       int64
	pending         int64
	dropped         [len(reasons)]int64 // by index of reasons
	health          health
}

func (s *Sender) snapshot() snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.queue
	n := snapshot{bytes: q.bytes, payloads: q.len(), sentLines: q.delivered, sentBytes: q.sentBytes,
		pending: q.pending, health: s.health}
	for i, reason := range reasons {
		n.dropped[i] = q.dropped[reason]
	}
	if q.len() > 0 {
		n.oldest = time.Since(q.at(0).acceptedAt)
	}
	return n
}

// Stats emits the series send with the tag destination. Dropped lines have the
// tag reason, too.
func (s *Sender) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	n := s.snapshot()
	cb(s.keys.send, "queue_bytes", float64(n.bytes))
	cb(s.keys.send, "queue_payloads", float64(n.payloads))
	cb(s.keys.send, "pending_lines", float64(n.pending))
	cb(s.keys.send, "oldest_age_seconds", n.oldest.Seconds())
	cb(s.keys.send, "delivered_lines", float64(n.sentLines))
	cb(s.keys.send, "delivered_bytes", float64(n.sentBytes))
	cb(s.keys.send, "retries", float64(n.health.retries))
	cb(s.keys.send, "errors", float64(n.health.errors))
	cb(s.keys.send, "up", up(n.health))
	if !n.health.lastSuccess.IsZero() {
		cb(s.keys.send, "last_success_unix_seconds", float64(n.health.lastSuccess.Unix()))
	}
	for i, lines := range n.dropped {
		cb(s.keys.dropped[i], "dropped_lines", float64(lines))
	}
	if t, ok := s.transport.(statser); ok {
		t.stats(func(field string, val float64) { cb(s.keys.send, field, val) })
	}
}

// IsTotal reports that all fields count up except the state of the queue and
// of the destination.
func (s *Sender) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement != s.keys.send.Measurement || key.Tags.Get("destination") != s.opts.Name {
		return false, false
	}
	switch field {
	case "queue_bytes", "queue_payloads", "pending_lines", "oldest_age_seconds", "up", "last_success_unix_seconds":
		return false, true
	}
	return true, true
}

func up(h health) float64 {
	if h.failingSince.IsZero() {
		return 1
	}
	return 0
}
