package send

import (
	"time"

	"monkit.example/monkit"
)

// keys are made once, so that a walk allocates nothing.
type keys struct {
	all     monkit.SeriesKey
	dropped [len(reasons)]monkit.SeriesKey // by index of reasons
}

func newKeys(destination string) keys {
	k := keys{all: monkit.NewSeriesKey("send").WithTag("destination", destination)}
	for i, reason := range reasons {
		k.dropped[i] = k.all.WithTag("reason", string(reason))
	}
	return k
}

var _ monkit.TotalSource = (*Sender)(nil)

// snapshot is what a walk reads under the lock.
type snapshot struct {
	bytes, payloads int
	oldest          time.Duration
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
		n.oldest = time.Since(q.at(0).at)
	}
	return n
}

// Stats tells the series send with the tag destination, and for dropped lines the tag
// reason.
func (s *Sender) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	n := s.snapshot()
	cb(s.keys.all, "queue_bytes", float64(n.bytes))
	cb(s.keys.all, "queue_payloads", float64(n.payloads))
	cb(s.keys.all, "queue_lines", float64(n.pending))
	cb(s.keys.all, "oldest_age_seconds", n.oldest.Seconds())
	cb(s.keys.all, "sent_lines", float64(n.sentLines))
	cb(s.keys.all, "sent_bytes", float64(n.sentBytes))
	cb(s.keys.all, "retries", float64(n.health.retries))
	cb(s.keys.all, "errors", float64(n.health.errors))
	cb(s.keys.all, "up", up(n.health))
	if !n.health.lastSuccess.IsZero() {
		cb(s.keys.all, "last_success_unix_seconds", float64(n.health.lastSuccess.Unix()))
	}
	for i, lines := range n.dropped {
		cb(s.keys.dropped[i], "dropped_lines", float64(lines))
	}
	if r, ok := s.transport.(reporter); ok {
		r.counts(func(field string, val float64) { cb(s.keys.all, field, val) })
	}
}

// IsTotal knows that all counts up but what waits and whether the peer is there.
func (s *Sender) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement != s.keys.all.Measurement || key.Tags.Get("destination") != s.opts.Name {
		return false, false
	}
	switch field {
	case "queue_bytes", "queue_payloads", "queue_lines", "oldest_age_seconds", "up", "last_success_unix_seconds":
		return false, true
	}
	return true, true
}

func up(h health) float64 {
	if h.down.IsZero() {
		return 1
	}
	return 0
}
