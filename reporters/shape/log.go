package shape

import (
	"log/slog"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/internal/safelog"
)

// logger logs what is not reported. It is called while a batch is shaped, by one
// goroutine at a time.
type logger struct {
	log      *slog.Logger // nil is slog.Default
	reporter string

	collisions, misnames, forgets loglimit.Limit
}

func (l *logger) logger() *slog.Logger {
	if l.log == nil {
		return safelog.Wrap(slog.Default())
	}
	return l.log
}

// unreported logs the name of e, the first time that it is not reported.
func (l *logger) unreported(e *entry, why fate) {
	switch why {
	case collided:
		if more, ok := l.collisions.Allow(time.Now()); ok {
			l.logger().Warn("two series have one name after renaming; the first is reported", "reporter", l.reporter,
				"name", loglimit.Cut(e.name.text), "reported", loglimit.Cut(e.name.owner), "collided", loglimit.Cut(e.source), "more", more)
		}
	case misnamed:
		if more, ok := l.misnames.Allow(time.Now()); ok {
			l.logger().Warn("a name is empty or too long after renaming; the series is not reported", "reporter", l.reporter,
				"series", loglimit.Cut(e.series.key.WithField(e.field)), "more", more)
		}
	}
}

// forgotten logs that points without numbers were forgotten, of which there are
// total so far.
func (l *logger) forgotten(points, total int64) {
	if _, ok := l.forgets.Allow(time.Now()); ok {
		l.logger().Warn("more series were received than are remembered; counters of those that were forgotten start again",
			"reporter", l.reporter, "points", points, "total", total)
	}
}
