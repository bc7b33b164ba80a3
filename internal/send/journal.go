package send

import (
	"context"
	"log/slog"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/reporters/ledger"
)

// reminderTime is the time between two log records of a destination that fails all
// the time.
const reminderTime = 10 * time.Minute

// journal logs what happens to the destination of a Sender: that it fails, that
// it works again, once a minute if these alternate, and every ten minutes if it
// stays unavailable; and that lines are dropped, with their number once a
// minute, until none is. The goroutine of the Sender calls its methods.
type journal struct {
	name string
	log  func() *slog.Logger

	state   stateRecord
	drops   dropRecord
	refused refusalRecord
}

// stateRecord is the newest record about failures.
type stateRecord struct {
	state      state
	at         time.Time      // of the newest that is not a recovery
	limit      loglimit.Limit // of those
	remind     time.Time      // of the next reminder
	since      time.Time      // start of the failure that it is about
	failures   int64          // before that failure, as dropped
	dropped    int64
	recoveries int64
}

// A state is what the newest record says of the destination.
type state uint8

const (
	works state = iota
	fails
	alternates
)

// dropRecord is the newest record about dropped lines.
type dropRecord struct {
	dropping bool
	limit    loglimit.Limit
	counts   ledger.Counts // of all lines that were dropped
	before   int64         // number of dropped lines before dropping was set
}

// update logs what has changed. It returns when to call it again at the latest,
// or zero if it need not be called.
func (j *journal) update(now time.Time, h health, dropped ledger.Counts) (next time.Time) {
	return earlier(j.updateState(now, h, dropped.Sum()), j.updateDrops(now, h, dropped))
}

// earlier returns the earlier of two times. Zero is later than any other.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (j *journal) updateState(now time.Time, h health, dropped int64) (next time.Time) {
	r := &j.state
	failing, recoveries := !h.failingSince.IsZero(), h.recoveries-r.recoveries
	switch {
	case recoveries == 0 && failing == (r.state == fails) && r.state != alternates:
		if r.state == works {
			return time.Time{}
		}
		if now.Before(r.remind) {
			return r.remind
		}
		j.logFailure("still cannot send; retrying", now, h, dropped)
		return r.remind
	case r.state == fails && recoveries == 1 && !failing:
		j.logRecovery(now, h, dropped)
		return time.Time{}
	case !r.limit.Ready(now):
		return r.limit.Next()
	case recoveries > 0:
		j.logAlternation(now, h, dropped)
		return r.limit.Next()
	case failing:
		r.since, r.failures, r.dropped = h.failingSince, h.failures-1, dropped
		j.logFailure("cannot send; retrying", now, h, dropped)
		return r.remind
	}
	j.logRecovery(now, h, dropped) // alternated, and works since then
	return time.Time{}
}

func (j *journal) logFailure(text string, now time.Time, h health, dropped int64) {
	r := &j.state
	args := []any{"err", h.last}
	if failures := h.failures - r.failures; failures > 1 {
		args = append(args, "since", r.since.UTC().Format(time.RFC3339), "failures", failures, "dropped", dropped-r.dropped)
	}
	j.write(slog.LevelWarn, text, args...)
	r.limit.Allow(now)
	r.state, r.at, r.remind, r.recoveries = fails, now, now.Add(reminderTime), h.recoveries
}

func (j *journal) logRecovery(now time.Time, h health, dropped int64) {
	r := &j.state
	j.write(slog.LevelInfo, "sending again", "after", now.Sub(r.since).Round(time.Second),
		"failures", h.failures-r.failures, "dropped", dropped-r.dropped)
	r.state, r.recoveries = works, h.recoveries
}

func (j *journal) logAlternation(now time.Time, h health, dropped int64) {
	r := &j.state
	if r.state == works {
		r.since = r.at
	}
	j.write(slog.LevelWarn, "the destination fails and recovers again and again", "recoveries", h.recoveries-r.recoveries,
		"failures", h.failures-r.failures, "dropped", dropped-r.dropped, "err", h.last)
	r.limit.Allow(now)
	r.state, r.at, r.recoveries = alternates, now, h.recoveries
	r.failures, r.dropped = h.failures, dropped
}

// updateDrops does the same for dropped lines. Lines that Close drops are
// logged by Close.
func (j *journal) updateDrops(now time.Time, h health, dropped ledger.Counts) (next time.Time) {
	r := &j.drops
	lines := dropped.Sum() - dropped[ledger.Closed] - r.counts.Sum() + r.counts[ledger.Closed]
	switch {
	case lines == 0 && !r.dropping:
		return time.Time{}
	case !r.limit.Ready(now):
		return r.limit.Next()
	case lines == 0:
		j.write(slog.LevelInfo, "no lines were dropped for a minute", "dropped", r.counts.Sum()-r.before)
		r.dropping = false
		return time.Time{}
	}
	args := []any{"lines", lines, "reasons", since(r.counts, dropped).String()}
	if h.rejection != nil && dropped[ledger.Rejected]+dropped[ledger.Oversize] > r.counts[ledger.Rejected]+r.counts[ledger.Oversize] {
		args = append(args, "err", h.rejection)
	}
	j.write(slog.LevelWarn, "lines were dropped; the next record of that comes in a minute", args...)
	if !r.dropping {
		r.dropping, r.before = true, r.counts.Sum()
	}
	r.counts = dropped
	r.limit.Allow(now)
	return r.limit.Next()
}

// since returns now less before.
func since(before, now ledger.Counts) ledger.Counts {
	var diff ledger.Counts
	for reason, n := range now {
		if n != before[reason] {
			diff.Count(reason, n-before[reason])
		}
	}
	return diff
}

func (j *journal) write(level slog.Level, text string, args ...any) {
	j.log().Log(context.Background(), level, text, append([]any{"destination", j.name}, args...)...)
}
