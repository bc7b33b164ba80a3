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
	ledger.NotFinite, ledger.Unsupported, ledger.NameCollision, ledger.SpoolFull, ledger.DiskError, ledger.Corrupt, ledger.Crash,
}

// seriesKeys are made once, so that Stats does not allocate.
type seriesKeys struct {
	send    monkit.SeriesKey
	dropped [len(reasons)]monkit.SeriesKey // by index of reasons
	errors  [numClasses]monkit.SeriesKey
}

// measurements of the series of a Sender.
const (
	sendMeasurement  = "send"
	timesMeasurement = "send_seconds" // of a delivery, or of a write
	agesMeasurement  = "send_age"     // seconds from Send to the delivery, of a chunk
)

func newSeriesKeys(destination string) seriesKeys {
	k := seriesKeys{send: monkit.NewSeriesKey(sendMeasurement).WithTag("destination", destination)}
	for i, class := range classNames {
		k.errors[i] = k.send.WithTag("class", class)
	}
	for i, reason := range reasons {
		k.dropped[i] = k.send.WithTag("reason", string(reason))
	}
	return k
}

// newTimes returns a distribution for a destination.
func newTimes(measurement, destination string) *monkit.DurationVal {
	return monkit.NewDurationVal(monkit.NewSeriesKey(measurement).WithTag("destination", destination))
}

var _ monkit.TotalSource = (*Sender)(nil)

// snapshot is a copy of the numbers of a queue.
type snapshot struct {
	bytes, chunks      int           // that wait or are in flight
	oldest             time.Duration // age
	redoBytes          int
	pending, sentBytes int64
	droppedBytes       int64
}

func (q *queue) snapshot(now time.Time) snapshot {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := snapshot{
		redoBytes: q.redo.bytes, pending: int64(q.pendingLocked()), sentBytes: q.sentBytes, droppedBytes: q.droppedBytes,
	}
	n.bytes, n.chunks = q.inMemoryLocked()
	if oldest := q.oldestLocked(); oldest != nil {
		n.oldest = now.Sub(oldest.at)
	}
	return n
}

// Stats emits the series send with the tag destination. Dropped lines have the
// tag reason, too, and errors the tag class: network, connect, timeout, overload,
// rejected, auth, not_found or config. The series send_seconds is the distribution
// of how long a delivery, or a write to a stream, takes, and send_age that of how
// old lines are when they are delivered.
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
	cb(s.keys.send, "dropped_bytes", float64(n.droppedBytes))
	cb(s.keys.send, "state_changes", float64(h.stateChanges()))
	cb(s.keys.send, "up", s.up())
	if !h.lastSuccess.IsZero() {
		cb(s.keys.send, "last_success_unix_seconds", float64(h.lastSuccess.Unix()))
	}
	for i, reason := range reasons {
		cb(s.keys.dropped[i], "dropped_lines", float64(s.queue.book.Dropped(reason)))
	}
	for class, errors := range h.errors {
		cb(s.keys.errors[class], "errors", float64(errors))
	}
	s.times.Stats(cb)
	s.queue.ages.Stats(cb)
	if s.keeper != nil {
		s.keeper.emit(s.keys.send, cb)
	}
	if t, ok := optional[statser](s.transport); ok {
		t.stats(func(field string, val float64) { cb(s.keys.send, field, val) })
	}
}

// IsTotal reports which fields count up.
func (s *Sender) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Tags.Get("destination") != s.opts.Name {
		return false, false
	}
	switch key.Measurement {
	case timesMeasurement, agesMeasurement:
		return field == "count" || field == "sum", true
	case sendMeasurement:
		return !levels[field], true
	}
	return false, false
}

// levels are the fields of the series send that do not count up.
var levels = map[string]bool{
	"queue_bytes": true, "queue_chunks": true, "redo_bytes": true, "pending_lines": true, "delivered_lines": true,
	"oldest_age_seconds": true, "up": true, "last_success_unix_seconds": true,
	"spool_up": true, "spool_bytes": true, "spool_lines": true, "spool_oldest_age_seconds": true,
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
