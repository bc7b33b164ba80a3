package shape

import (
	"log/slog"
	"time"

	"monkit.example/internal/safelog"
)

// logEvery is how often one kind of message is logged at most.
const logEvery = time.Minute

// logger logs what is not reported. It is called while a batch is shaped, by one
// goroutine at a time.
type logger struct {
	log      *slog.Logger // nil is slog.Default
	reporter string

	collisions, misnames, forgets limiter
}

// limiter counts the messages that were not logged.
type limiter struct {
	last time.Time
	more int
}

// allow reports whether a message may be logged now.
func (l *limiter) allow() bool {
	now := time.Now()
	if !l.last.IsZero() && now.Sub(l.last) < logEvery {
		l.more++
		return false
	}
	l.last = now
	return true
}

// take returns how many messages were not logged since the last one.
func (l *limiter) take() int {
	n := l.more
	l.more = 0
	return n
}

func (l *logger) logger() *slog.Logger {
	if l.log == nil {
		return safelog.Wrap(slog.Default())
	}
	return l.log
}

// unreported logs the name of e, the first time that it is not reported.
func (l *logger) unreported(e *entry, why fate) {
	switch {
	case why == collided && l.collisions.allow():
		l.logger().Warn("two series have one name after renaming; the first is reported", "reporter", l.reporter,
			"name", cut(e.name.text), "reported", cut(e.name.owner), "collided", cut(e.source), "more", l.collisions.take())
	case why == misnamed && l.misnames.allow():
		l.logger().Warn("a name is empty or too long after renaming; the series is not reported", "reporter", l.reporter,
			"series", cut(e.series.key.WithField(e.field)), "more", l.misnames.take())
	}
}

// forgotten logs that points without numbers were forgotten, of which there are
// total so far.
func (l *logger) forgotten(points, total int64) {
	if l.forgets.allow() {
		l.logger().Warn("more series were received than are remembered; counters of those that were forgotten start again",
			"reporter", l.reporter, "points", points, "total", total)
	}
}

// cut shortens a name that may come from the network.
func cut(name string) string {
	const most = 200
	if len(name) <= most {
		return name
	}
	return name[:most] + "…"
}
