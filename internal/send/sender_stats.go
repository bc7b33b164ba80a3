package send

import (
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// reasons lists every reason for which lines of a destination are dropped by its
// Sender, or before they reach it.
var reasons = [...]ledger.Reason{
	ledger.QueueFull, ledger.Expired, ledger.Rejected, ledger.Oversize, ledger.Closed, ledger.Ambiguous,
	ledger.NotFinite, ledger.Unsupported, ledger.SpoolFull, ledger.DiskError, ledger.Corrupt, ledger.Crash,
}

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

// snapshot is a copy of the numbers of a queue.
type snapshot struct {
	bytes, chunks      int           // that wait or are in flight
	oldest             time.Duration // age
	redoBytes          int
	pending, sentBytes int64
}

func (q *queue) snapshot(now time.Time) snapshot {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := snapshot{
		redoBytes: q.redo.bytes, pending: int64(q.pendingLocked()), sentBytes: q.sentBytes,
	}
	n.bytes, n.chunks = q.inMemoryLocked()
	if oldest := q.oldestLocked(); oldest != nil {
		n.oldest = now.Sub(oldest.at)
	}
	return n
}

// Stats emits the series send with the tag destination. Dropped lines have the
// tag reason, too.
func (s *Sender) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	n, h := s.queue.snapshot(time.Now()), s.retry.snapshot()
	cb(s.keys.send, "queue_bytes", float64(n.bytes))
	cb(s.keys.send, "queue_chunks", float64(n.chunks))
	cb(s.keys.send, "redo_bytes", float64(n.redoBytes))
	cb(s.keys.send, "pending_lines", float64(n.pending))
	cb(s.keys.send, "oldest_age_seconds", n.oldest.Seconds())
	sent, recalled := s.queue.book.Traffic()
	cb(s.keys.send, "delivered_lines", float64(sent-recalled))
	cb(s.keys.send, "sent_lines", float64(sent))
	cb(s.keys.send, "recalled_lines", float64(recalled))
	cb(s.keys.send, "sent_bytes", float64(n.sentBytes))
	cb(s.keys.send, "retries", float64(h.failures))
	cb(s.keys.send, "errors", float64(h.failures+h.rejections))
	cb(s.keys.send, "recoveries", float64(h.recoveries))
	cb(s.keys.send, "up", s.up())
	if !h.lastSuccess.IsZero() {
		cb(s.keys.send, "last_success_unix_seconds", float64(h.lastSuccess.Unix()))
	}
	for i, reason := range reasons {
		cb(s.keys.dropped[i], "dropped_lines", float64(s.queue.book.Dropped(reason)))
	}
	if t, ok := optional[statser](s.transport); ok {
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
	case "queue_bytes", "queue_chunks", "redo_bytes", "pending_lines", "delivered_lines", "oldest_age_seconds", "up", "last_success_unix_seconds":
		return false, true
	}
	return true, true
}

// up returns 1, or 0 while the destination is failing.
func (s *Sender) up() float64 {
	if s.Unavailable() != nil {
		return 0
	}
	return 1
}

// Unavailable returns the last failure while deliveries fail. It returns an
// error for a minute after lines were dropped, too: the destination does not
// get what it should.
func (s *Sender) Unavailable() error {
	if h := s.retry.snapshot(); h.failure() != nil {
		return h.failure()
	}
	return s.queue.recentLoss(time.Now())
}
