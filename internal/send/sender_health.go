package send

import (
	"log/slog"
	"time"
)

// health is what a Sender knows about its destination. Sender.mu guards it.
type health struct {
	last          error     // the last failure or rejection; it stays after recovery
	failingSince  time.Time // zero while deliveries succeed
	failures      int64     // since failingSince
	droppedBefore int64     // lines that were dropped before failingSince
	retries       int64
	errors        int64
	lastSuccess   time.Time
}

// failure returns the last failure, or nil if deliveries succeed.
func (h *health) failure() error {
	if h.failingSince.IsZero() {
		return nil
	}
	return h.last
}

// recordFailureLocked sets when to try again. It logs the first failure and
// counts the others.
func (s *Sender) recordFailureLocked(e *Error) {
	h := &s.health
	h.last = e.Err
	h.errors++
	h.retries++
	h.failures++
	wait := max(s.backoff.NextBackOff(), 0)
	s.retryByPeer = e.after > 0
	wait = max(wait, e.after)
	s.retryAt = time.Now().Add(wait)
	if !h.failingSince.IsZero() {
		return
	}
	h.failingSince, h.failures, h.droppedBefore = time.Now(), 1, s.queue.dropped.Sum()
	s.logLater(slog.LevelWarn, "cannot send; retrying", "destination", s.opts.Name, "err", e.Err, "next", wait.Round(time.Millisecond))
}

func (s *Sender) recordSuccessLocked() {
	s.health.lastSuccess = time.Now()
	s.recordResponseLocked()
}

// recordResponseLocked ends the backoff, because the peer has responded. A
// rejection is a response too. It logs the recovery if deliveries failed before.
func (s *Sender) recordResponseLocked() {
	s.backoff.Reset()
	s.retryAt, s.retryByPeer = time.Time{}, false
	h := &s.health
	if h.failingSince.IsZero() {
		return
	}
	s.logLater(slog.LevelInfo, "sending again", "destination", s.opts.Name,
		"after", time.Since(h.failingSince).Round(time.Second), "failures", h.failures, "dropped", s.queue.dropped.Sum()-h.droppedBefore)
	h.failingSince, h.failures = time.Time{}, 0
}

// quietTime is the time between two log records of rejections. A server that
// rejects every line must not fill the log.
const quietTime = time.Minute

// recordRejectionLocked counts lines that the peer, or the transport, never
// accepts.
func (s *Sender) recordRejectionLocked(e *Error, lines int) {
	s.health.last = e.Err
	s.health.errors++
	if e.kind != oversize {
		s.recordResponseLocked()
	}
	now := time.Now()
	if now.Before(s.quietUntil) {
		return
	}
	s.quietUntil = now.Add(quietTime)
	s.logLater(slog.LevelWarn, "lines were rejected; more rejections are counted but not logged for a minute", "destination", s.opts.Name, "lines", lines, "err", e.Err)
}

// A logRecord waits until the step is over and mu is free: the log handler is
// not part of this package and may do anything, even send.
type logRecord struct {
	level slog.Level
	text  string
	args  []any
}

// logLater adds a record for flushLog. Only run calls it, with or without mu.
func (s *Sender) logLater(level slog.Level, text string, args ...any) {
	s.logRecords = append(s.logRecords, logRecord{level, text, args})
}

// flushLog logs the records of a step. Only run calls it, without mu.
func (s *Sender) flushLog() {
	for _, r := range s.logRecords {
		s.log.Log(s.ctx, r.level, r.text, r.args...)
	}
	clear(s.logRecords)
	s.logRecords = s.logRecords[:0]
}
