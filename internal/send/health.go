package send

import (
	"log/slog"
	"time"
)

// health is what the Sender knows about its destination.
type health struct {
	last        error     // the last failure, if any
	down        time.Time // since when it fails; zero while it works
	failures    int64     // since down
	lostBefore  int64     // dropped when it went down
	retries     int64
	errors      int64
	lastSuccess time.Time
}

func (h *health) failing() error {
	if h.down.IsZero() {
		return nil
	}
	return h.last
}

// failed sets when to try again. The first failure is told, the others are
// counted. Callers hold mu.
func (s *Sender) failed(e *Error) {
	h := &s.health
	h.last = e.Err
	h.errors++
	h.retries++
	h.failures++
	wait := max(s.backoff.NextBackOff(), 0)
	s.asked = e.after > 0
	wait = max(wait, e.after)
	s.notBefore = time.Now().Add(wait)
	if !h.down.IsZero() {
		return
	}
	h.down, h.failures, h.lostBefore = time.Now(), 1, s.queue.dropped.Sum()
	s.note(slog.LevelWarn, "cannot send; trying again until it works", "destination", s.opts.Name, "err", e.Err, "next", wait.Round(time.Millisecond))
}

// succeeded notes that lines arrived.
func (s *Sender) succeeded() {
	s.health.lastSuccess = time.Now()
	s.answered()
}

// answered notes that the peer works, whatever it said.
func (s *Sender) answered() {
	s.backoff.Reset()
	s.notBefore, s.asked = time.Time{}, false
	h := &s.health
	if h.down.IsZero() {
		return
	}
	s.note(slog.LevelInfo, "sending again", "destination", s.opts.Name,
		"after", time.Since(h.down).Round(time.Second), "failures", h.failures, "dropped", s.queue.dropped.Sum()-h.lostBefore)
	h.down, h.failures = time.Time{}, 0
}

// A server that refuses every line must not fill the log.
const quietTime = time.Minute

// refuse notes that the peer, or the transport, will never take lines.
func (s *Sender) refuse(e *Error, lines int) {
	s.health.last = e.Err
	s.health.errors++
	if e.kind != oversize {
		s.answered()
	}
	now := time.Now()
	if now.Before(s.quiet) {
		return
	}
	s.quiet = now.Add(quietTime)
	s.note(slog.LevelWarn, "lines were refused; more of it is only counted for a minute", "destination", s.opts.Name, "lines", lines, "err", e.Err)
}

// A note is a log record that waits until the lock is free: the handler is not
// ours and may do anything, even send.
type note struct {
	level slog.Level
	text  string
	args  []any
}

func (s *Sender) note(level slog.Level, text string, args ...any) {
	s.notes = append(s.notes, note{level, text, args})
}

// speak logs the notes. Callers do not hold mu.
func (s *Sender) speak() {
	for _, n := range s.notes {
		s.log.Log(s.ctx, n.level, n.text, n.args...)
	}
	clear(s.notes)
	s.notes = s.notes[:0]
}
