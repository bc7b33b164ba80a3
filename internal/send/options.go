package send

import (
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Options change how a Sender works. The zero value works.
type Options struct {
	// Name is the destination in statistics, logs and errors. It must contain
	// no credentials; use the result of endpoint.Endpoint.Destination.
	Name string
	// MaxBytes is the size of the queue. Zero means 32 MiB.
	MaxBytes int
	// MaxAge is how long a payload may stay in the queue. Zero means ten
	// minutes.
	MaxAge time.Duration
	// AtMostOnce drops a payload that the peer may already have, instead of
	// sending it again. statsd needs it, since a line that arrives twice counts
	// twice.
	AtMostOnce bool
	// Logger logs the first failure, the recovery and, at most once a minute,
	// rejected lines. Nil discards.
	Logger *slog.Logger
	// InitialBackoff is the wait after the first failure. Zero means 500 ms.
	InitialBackoff time.Duration
	// MaxBackoff is the longest wait between attempts, before up to half of it
	// is added or subtracted at random. Zero means 30 s.
	MaxBackoff time.Duration
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 32 << 20
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 10 * time.Minute
	}
	if o.InitialBackoff <= 0 {
		o.InitialBackoff = 500 * time.Millisecond
	}
	if o.MaxBackoff <= 0 {
		o.MaxBackoff = 30 * time.Second
	}
	return o
}

// newBackoff returns a backoff without a limit on attempts or elapsed time: the
// age and size of the queue end retries.
func (o Options) newBackoff() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(o.InitialBackoff),
		backoff.WithMultiplier(2),
		backoff.WithMaxInterval(o.MaxBackoff),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0),
	)
}
