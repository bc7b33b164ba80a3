// Package loglimit limits log records of one kind to one a minute.
package loglimit

import "time"

// Interval is the least time between two records of one kind. What fails and
// recovers many times a second must not fill the log.
const Interval = time.Minute

// A Limit says when a record of one kind may be logged, and counts those that were
// left out. The zero value allows one at once. It has no lock.
type Limit struct {
	next time.Time // no record before
	more int       // records left out since the last one
}

// Allow reports whether a record may be logged at now, and how many were left out
// since the last one. If it may, none may be logged for an Interval.
func (l *Limit) Allow(now time.Time) (more int, ok bool) {
	if !l.Ready(now) {
		l.more++
		return 0, false
	}
	more = l.more
	l.next, l.more = now.Add(Interval), 0
	return more, true
}

// Ready reports whether Allow would.
func (l *Limit) Ready(now time.Time) bool { return !now.Before(l.next) }

// Next returns the time from which on Allow reports true. It is zero before the
// first record.
func (l *Limit) Next() time.Time { return l.next }
