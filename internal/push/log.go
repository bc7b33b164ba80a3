package push

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/internal/safelog"
	"monkit.example/internal/send"
	"monkit.example/reporters"
)

// Log logs what a transport finds out beside its errors, at most once a minute. A
// transport that embeds one logs to the logger of its reporter, which may be set
// later. The zero value discards. Its methods may be called from any goroutine.
type Log struct {
	mu    sync.Mutex
	to    *slog.Logger   // guarded by mu; nil discards
	limit loglimit.Limit // guarded by mu
}

var _ reporters.Logging = (*Log)(nil)

// SetLogger sets the logger. It returns false: errors are returned, not logged.
func (l *Log) SetLogger(to *slog.Logger) (logs bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = safelog.Wrap(to)
	return false
}

// Record logs text with args, as slog.Logger.Log does, and how many records were
// left out before it. No lock is held while the logger is called.
func (l *Log) Record(level slog.Level, text string, args ...any) {
	if to, more := l.take(time.Now()); to != nil {
		to.Log(context.Background(), level, text, append(args, "more", more)...)
	}
}

// take returns the logger if a record may be written now, or nil.
func (l *Log) take(now time.Time) (to *slog.Logger, more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		return nil, 0
	}
	more, ok := l.limit.Allow(now)
	if !ok {
		return nil, 0
	}
	return l.to, more
}

// logged is a Sender whose transport logs, too.
type logged struct {
	*send.Sender
	transport reporters.Logging
}

// SetLogger sets the logger of both.
func (s logged) SetLogger(to *slog.Logger) (logs bool) {
	s.transport.SetLogger(to)
	return s.Sender.SetLogger(to)
}

// share returns s as a Sender that shares its logger with t, if t is a
// reporters.Logging. A logger of the options is that of t at once, and for good.
func (o Options) share(s *send.Sender, t send.Transport) reporters.Sender {
	l, ok := t.(reporters.Logging)
	switch {
	case !ok:
		return s
	case o.Send.Logger != nil:
		l.SetLogger(o.Send.Logger)
		return s
	}
	return logged{s, l}
}
