package send

import (
	"context"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Transport sends payloads to one destination. It is a [Messenger] or a
// [Stream]. One goroutine calls its methods; Close is the last.
type Transport interface {
	Close() error
}

// Messenger is a Transport that sends one payload at a time and learns what
// became of it before the next: http, udp, unixgram.
type Messenger interface {
	Transport
	// Deliver returns nil when the peer has the payload, as far as the
	// transport can know. It keeps nothing of payload, and returns soon after
	// ctx ends.
	Deliver(ctx context.Context, payload []byte) error
}

// Stream is a Transport whose payloads follow one another without each being
// waited for: tcp, tls, unix. The Sender keeps what was written until the peer
// has it.
type Stream interface {
	Transport
	// Write connects if need be, and hands p to the system. n bytes of it may
	// have gone out, also when it fails.
	Write(ctx context.Context, p []byte) (n int, err error)
	// Unacked tells how many of all bytes written since the last Reset the
	// peer may not have, or that the connection is gone.
	Unacked() (int, error)
	// Reset gives the connection up at once and returns the last Unacked.
	Reset() int
}

// aborter is a Transport that can be told from outside to end what blocks it.
type aborter interface{ Abort() }

// reporter is a Transport with numbers of its own.
type reporter interface {
	counts(func(field string, val float64))
}

// Options tune a Sender. The zero value works.
type Options struct {
	// Name is the destination in statistics, logs and errors. It must hold no
	// credentials; endpoint.Endpoint.Dest is meant for it.
	Name string
	// MaxBytes is how much may wait. Zero means 32 MiB.
	MaxBytes int
	// MaxAge is how long a payload may wait. Zero means ten minutes.
	MaxAge time.Duration
	// AtMostOnce drops payloads that the peer may have instead of sending them
	// again: right for statsd, where a second time counts twice.
	AtMostOnce bool
	// Logger hears of the first failure, of the recovery, and once a minute
	// of refused lines. Nil discards.
	Logger *slog.Logger
	// InitialBackoff is the first wait after a failure. Zero means 500 ms.
	InitialBackoff time.Duration
	// MaxBackoff is the longest wait; half of it is added or taken off at
	// random. Zero means 30 s.
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

// newBackoff never stops by itself: age and size end retries, not attempts.
func (o Options) newBackoff() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(o.InitialBackoff),
		backoff.WithMultiplier(2),
		backoff.WithMaxInterval(o.MaxBackoff),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0),
	)
}
