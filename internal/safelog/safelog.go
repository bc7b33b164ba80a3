// Package safelog keeps a log handler of the program from ending the goroutines
// that log: those of senders, collectors and listeners.
package safelog

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// Wrap returns a logger whose handler may panic: the record is lost, and counted
// by [Panics]. The logger of nil is nil, and that of a logger from Wrap is itself.
func Wrap(l *slog.Logger) *slog.Logger {
	if l == nil {
		return nil
	}
	if _, done := l.Handler().(handler); done {
		return l
	}
	return slog.New(handler{l.Handler()})
}

var panics atomic.Int64

// Panics returns how many calls of handlers have panicked in this process.
func Panics() int64 { return panics.Load() }

// handler passes everything on. It recovers panics.
type handler struct{ slog.Handler }

// guard must be deferred.
func guard() {
	if recover() != nil {
		panics.Add(1)
	}
}

func (h handler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer guard()
	return h.Handler.Enabled(ctx, level)
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	defer guard()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler without the attributes if adding them panics.
func (h handler) WithAttrs(attrs []slog.Attr) (with slog.Handler) {
	with = h
	defer guard()
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup returns a handler without the group if adding it panics.
func (h handler) WithGroup(name string) (with slog.Handler) {
	with = h
	defer guard()
	return handler{h.Handler.WithGroup(name)}
}
