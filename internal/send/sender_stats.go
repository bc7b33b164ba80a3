package send

import (
	"math"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// reasons lists every reason for which lines of a destination are dropped by its
// Sender, or before they reach it.
var reasons = [...]ledger.Reason{
	ledger.QueueFull, ledger.Expired, ledger.Rejected, ledger.Oversize, ledger.Closed, ledger.Ambiguous,
	ledger.NotFinite, ledger.Unsupported, ledger.NameCollision, ledger.SpoolFull, ledger.DiskError, ledger.Corrupt, ledger.Crash,
	ledger.NoBuffer, ledger.SendFailed, ledger.SeriesLimit,
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

// stats returns what the series show and what SenderStats returns, except for the
// distributions and the dropped lines.
func (s *Sender) stats(now time.Time) (st ledger.SenderStats) {
	s.queue.addStats(&st, now)
	h := s.retry.snapshot()
	st.Destination = s.opts.Name
	st.SentLines, st.Ledger.Recalled = s.queue.book.Traffic()
	st.Ledger.Delivered = st.SentLines - st.Ledger.Recalled
	if st.Unavailable = h.failure(); st.Unavailable == nil {
		st.Unavailable = s.queue.recentLoss(now)
	}
	st.FailingSince, st.LastSuccess, st.Failures = h.failingSince, h.lastSuccess, h.failuresInARow()
	st.LastError, st.LastRejection = h.last, h.rejection
	st.Retries, st.StateChanges = h.failures, h.stateChanges()
	st.Errors = sendErrors(h.errors)
	st.MaxAge, st.Unconfirmed = s.opts.MaxAge, isDatagrams(s.transport)
	if s.keeper != nil {
		st.Spool = s.keeper.stats(now)
	}
	return st
}

// addStats adds the numbers of a queue.
func (q *queue) addStats(st *ledger.SenderStats, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	bytes, chunks := q.inMemoryLocked()
	st.QueueBytes, st.QueueChunks, st.QueueMaxBytes = int64(bytes), int64(chunks), int64(q.bounds.bytes)
	st.RedoBytes, st.RedoMaxBytes = int64(q.redo.bytes), int64(q.bounds.redoBytes)
	st.Ledger.Pending = int64(q.pendingLocked())
	st.SentBytes, st.DroppedBytes = q.sentBytes, q.droppedBytes
	if oldest := q.oldestLocked(); oldest != nil {
		st.OldestAge = now.Sub(oldest.at)
	}
}

// SenderStats implements reporters.Monitored.
func (s *Sender) SenderStats() (st ledger.SenderStats, ok bool) {
	st = s.stats(time.Now())
	st.Ledger = s.Ledger()
	st.SendTime, st.Age = distribution(s.times), distribution(s.queue.ages)
	if t, ok := optional[statser](s.transport); ok {
		t.stats(func(field string, val float64) { *transportStat(&st.Transport, field) = int64(val) })
	}
	return st, true
}

// distribution returns what v emits.
func distribution(v *monkit.DurationVal) (d ledger.Distribution) {
	v.Stats(func(_ monkit.SeriesKey, field string, val float64) {
		t := time.Duration(math.Round(val * float64(time.Second)))
		switch field {
		case "count":
			d.Count = int64(val)
		case "sum":
			d.Sum = t
		case "min":
			d.Min = t
		case "max":
			d.Max = t
		case "r10":
			d.P10 = t
		case "r50":
			d.P50 = t
		case "r90":
			d.P90 = t
		case "r95":
			d.P95 = t
		case "r99":
			d.P99 = t
		case "r999":
			d.P999 = t
		}
	})
	return d
}

// transportStat returns where the number of a transport's field is.
func transportStat(st *ledger.TransportStats, field string) *int64 {
	switch field {
	case "connects":
		return &st.Connects
	case "reconnects":
		return &st.Reconnects
	case "dns_changes":
		return &st.DNSChanges
	case "lookup_errors":
		return &st.LookupErrors
	case "requests":
		return &st.Requests
	case "gzip_refusals":
		return &st.GzipRefusals
	case "unasked_answers":
		return &st.UnaskedAnswers
	case "no_buffer":
		return &st.NoBuffer
	case "refused":
		return &st.Refused
	}
	return new(int64)
}

// Stats emits the series send with the tag destination. Dropped lines have the
// tag reason, too, and errors the tag class: network, connect, timeout, overload,
// rejected, auth, not_found or config. The series send_seconds is the distribution
// of how long a delivery, or a write to a stream, takes, and send_age that of how
// old lines are when they are delivered.
func (s *Sender) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	st := s.stats(time.Now())
	cb(s.keys.send, "queue_bytes", float64(st.QueueBytes))
	cb(s.keys.send, "queue_max_bytes", float64(st.QueueMaxBytes))
	cb(s.keys.send, "queue_chunks", float64(st.QueueChunks))
	cb(s.keys.send, "redo_bytes", float64(st.RedoBytes))
	cb(s.keys.send, "pending_lines", float64(st.Ledger.Pending))
	cb(s.keys.send, "oldest_age_seconds", st.OldestAge.Seconds())
	cb(s.keys.send, "delivered_lines", float64(st.Ledger.Delivered))
	cb(s.keys.send, "sent_lines", float64(st.SentLines))
	cb(s.keys.send, "recalled_lines", float64(st.Ledger.Recalled))
	cb(s.keys.send, "sent_bytes", float64(st.SentBytes))
	cb(s.keys.send, "retries", float64(st.Retries))
	cb(s.keys.send, "dropped_bytes", float64(st.DroppedBytes))
	cb(s.keys.send, "state_changes", float64(st.StateChanges))
	cb(s.keys.send, "up", oneIf(st.Unavailable == nil))
	if !st.LastSuccess.IsZero() {
		cb(s.keys.send, "last_success_unix_seconds", float64(st.LastSuccess.Unix()))
	}
	for i, reason := range reasons {
		cb(s.keys.dropped[i], "dropped_lines", float64(s.queue.book.Dropped(reason)))
	}
	for class, n := range byClass(st.Errors) {
		cb(s.keys.errors[class], "errors", float64(n))
	}
	s.times.Stats(cb)
	s.queue.ages.Stats(cb)
	if s.keeper != nil {
		emitSpool(&st.Spool, s.keys.send, cb)
	}
	if t, ok := optional[statser](s.transport); ok {
		t.stats(func(field string, val float64) { cb(s.keys.send, field, val) })
	}
}

// emitSpool emits the fields of a spool. Before it was opened, only whether it works
// is known.
func emitSpool(st *ledger.SpoolStats, key monkit.SeriesKey, cb func(key monkit.SeriesKey, field string, val float64)) {
	cb(key, "spool_up", oneIf(st.Up))
	if st.MaxBytes == 0 {
		return
	}
	cb(key, "spool_bytes", float64(st.Bytes))
	cb(key, "spool_max_bytes", float64(st.MaxBytes))
	cb(key, "spool_lines", float64(st.Lines))
	cb(key, "spool_oldest_age_seconds", st.OldestAge.Seconds())
	cb(key, "spool_redelivered_lines", float64(st.RedeliveredLines))
	cb(key, "spool_damaged_lines", float64(st.DamagedLines))
	cb(key, "spool_errors", float64(st.Errors))
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
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
	"queue_bytes": true, "queue_max_bytes": true, "queue_chunks": true, "redo_bytes": true, "pending_lines": true, "delivered_lines": true,
	"oldest_age_seconds": true, "up": true, "last_success_unix_seconds": true,
	"spool_up": true, "spool_bytes": true, "spool_max_bytes": true, "spool_lines": true, "spool_oldest_age_seconds": true,
}

// Unavailable returns the last failure while deliveries fail. It returns an
// error for a minute after lines were dropped, too: the destination does not
// get what it should.
func (s *Sender) Unavailable() error { return s.stats(time.Now()).Unavailable }
