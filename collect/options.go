package collect

import (
	"log/slog"
	"time"

	"monkit.example/internal/safelog"
)

// Options configure a Collector. The zero value works.
type Options struct {
	// Interval is the time between walks. They are at its multiples on the
	// wall clock. Zero means 10 s.
	Interval time.Duration
	// Spread bounds how much later than the walk a reporter starts to send, so
	// that a fleet does not send at the same moment: each reporter has a random
	// delay below it. Times and values are those of the walk. Zero means half
	// the interval, at most 5 s; negative means no delay.
	Spread time.Duration
	// Without are fields that are not reported, such as "r95" and "r999" in
	// programs with so many distributions that the number of series matters.
	Without []string
	// Logger logs when a reporter starts to fail and when it works again, what
	// panics, which callback blocks a walk, and that the clock was set. It is also
	// the logger of reporters that have none of their own. If its handler panics,
	// the record is lost. Nil discards.
	Logger *slog.Logger
}

// DefaultInterval is the time between walks if Options.Interval is zero.
const DefaultInterval = 10 * time.Second

// maxSpread bounds the default of Options.Spread.
const maxSpread = 5 * time.Second

func (o Options) withDefaults() Options {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Spread == 0 {
		o.Spread = min(o.Interval/2, maxSpread)
	}
	if o.Logger = safelog.Wrap(o.Logger); o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
