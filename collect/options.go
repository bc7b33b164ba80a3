package collect

import (
	"log/slog"
	"time"
)

// Options change how a Collector works. The zero value is good.
type Options struct {
	// Interval between walks. They fall on the wall clock's multiples of it.
	// Zero means 10 s.
	Interval time.Duration
	// Spread is how much later than the walk a reporter may start to send, so
	// that a fleet does not send at once; each takes a random delay within it
	// and keeps it. Times and values are those of the walk. Zero means half
	// the interval, at most 5 s; negative means none.
	Spread time.Duration
	// Without are fields that no reporter gets, such as "r95" and "r999" where
	// there are so many distributions that the number of series counts.
	Without []string
	// Logger hears of reporters that fail and recover. Nil means none.
	Logger *slog.Logger
}

// DefaultInterval is the pace where none is given.
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
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
