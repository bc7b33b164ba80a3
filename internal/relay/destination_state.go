package relay

import (
	"fmt"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// destinationState is what the index page shows of a destination besides its ledger.
// A text that does not apply is empty.
type destinationState struct {
	Failing string // why it does not get its lines
	Tried   string // since when and how often, and when it last did
	Waiting string // what waits for it
	Drops   string // when lines are dropped
	Refused string // datagrams that were refused
	Now     bool   // some were in the last minute

	Unconfirmed bool // its lines are sent, and not known to be delivered
}

// maxFailing is how many bytes of an error the page shows.
const maxFailing = 1 << 10

// states returns the states of all destinations, by their names.
func (r *Relay) states(now time.Time) map[string]destinationState {
	all := make(map[string]destinationState)
	for _, d := range r.destinations {
		var s destinationState
		if st, ok := d.stats(); ok {
			s = newDestinationState(st, d.watch.since(st, now), now)
		}
		if a, ok := d.Reporter.(reporters.Availability); ok {
			if err := a.Unavailable(); err != nil {
				s.Failing = endpoint.RedactText(err.Error(), maxFailing) // it may quote a line
			}
		}
		all[d.Name] = s
	}
	return all
}

// stats returns what the sender of d knows, if it has one.
func (d *destination) stats() (st ledger.SenderStats, ok bool) {
	if m, monitored := d.Reporter.(reporters.Monitored); monitored {
		return m.SenderStats()
	}
	return st, false
}

// newDestinationState returns the state, without Failing, of a destination with st
// at now.
func newDestinationState(st ledger.SenderStats, c changes, now time.Time) destinationState {
	s := destinationState{Unconfirmed: st.Unconfirmed, Now: c.refused > 0}
	if !st.FailingSince.IsZero() {
		s.Tried = triedText(st, now)
	}
	if st.Ledger.Pending > 0 {
		s.Waiting = waitingText(st)
		s.Drops = dropsText(st, c)
	}
	if n := st.Transport.Refused; n > 0 && s.Now {
		s.Refused = fmt.Sprintf("nothing listens (%d refused)", n)
	} else if n > 0 {
		s.Refused = fmt.Sprintf("nothing listened for a while (%d refused)", n)
	}
	return s
}

// triedText is "since 13:04:05, for 2m3s: 17 tries failed; the last success was at
// 13:04:04".
func triedText(st ledger.SenderStats, now time.Time) string {
	tries := "tries"
	if st.Failures == 1 {
		tries = "try"
	}
	text := fmt.Sprintf("since %s, for %s: %d %s failed; ", when(st.FailingSince, now).Text, rough(now.Sub(st.FailingSince)), st.Failures, tries)
	if st.LastSuccess.IsZero() {
		return text + "none has succeeded so far"
	}
	return text + "the last success was at " + when(st.LastSuccess, now).Text
}

// waitingText is "512 bytes of 32 MiB wait in memory, the oldest for 3s; 1200 lines
// wait on disk, in 8 MiB of 1 GiB, the oldest for 1h2m".
func waitingText(st ledger.SenderStats) string {
	text := fmt.Sprintf("%s of %s wait in memory, the oldest for %s", size(st.QueueBytes), size(st.QueueMaxBytes), rough(st.OldestAge))
	if st.Spool.Lines > 0 {
		text += fmt.Sprintf("; %d lines wait on disk, in %s of %s, the oldest for %s",
			st.Spool.Lines, size(st.Spool.Bytes), size(st.Spool.MaxBytes), rough(st.Spool.OldestAge))
	}
	return text
}

// dropsText says that lines are dropped, or when that begins if the queue or the spool
// grows as it does now, or if the oldest line waits on. It is empty if neither is in
// sight.
func dropsText(st ledger.SenderStats, c changes) string {
	if c.dropped > 0 {
		return fmt.Sprintf("lines are dropped: %d in the last %s", c.dropped, rough(c.over))
	}
	left, why := untilFull(st, c)
	if age := max(st.OldestAge, st.Spool.OldestAge); !st.FailingSince.IsZero() && st.MaxAge > 0 && (why == "" || st.MaxAge-age < left) {
		left, why = st.MaxAge-age, fmt.Sprintf("when the oldest has waited for %s", rough(st.MaxAge))
	}
	if why == "" || left > maxForecast {
		return ""
	}
	return fmt.Sprintf("lines are dropped in about %s, %s", rough(max(left, 0)), why)
}

// maxForecast is how far ahead it is of use to know when lines are dropped.
const maxForecast = 30 * 24 * time.Hour

// untilFull returns how long it takes until what grows now is full, and what that is,
// or "" if nothing grows.
func untilFull(st ledger.SenderStats, c changes) (left time.Duration, what string) {
	waits, limit, growth, what := st.QueueBytes, st.QueueMaxBytes, c.queue, "when the queue is full"
	if st.Spool.Up && st.Spool.MaxBytes > 0 {
		waits, limit, growth, what = st.Spool.Bytes, st.Spool.MaxBytes, c.spool, "when the spool is full"
	}
	if growth <= 0 {
		return 0, ""
	}
	left = time.Duration(min(float64(limit-waits)/float64(growth)*float64(c.over), float64(2*maxForecast)))
	return left, what
}

// rough is a time for a person: with seconds below an hour, with minutes below two
// days, and with days above.
func rough(d time.Duration) string {
	switch {
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days", (d+12*time.Hour)/(24*time.Hour))
}
