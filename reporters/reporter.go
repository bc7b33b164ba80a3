package reporters

import (
	"context"
	"log/slog"
	"time"
)

// Reporter takes batches out of the process, or keeps them for a page.
//
// A Reporter may also implement [Named], [Availability], [Logging],
// [Quarantine], [Monitored], [Prompt], [SpanReporter], ledger.Keeper, monkit.StatSource and
// monkit.TotalSource. A collector and the relay use those that they find.
type Reporter interface {
	// Report processes the points of b, which it must neither keep nor change.
	// It may block: a collector calls each reporter from a goroutine of its own.
	Report(ctx context.Context, b *Batch) error
	// Flush waits until everything that was reported is delivered or dropped.
	// Its error should name what was dropped since the last Flush.
	Flush(ctx context.Context) error
	// Close flushes until ctx ends and joins every goroutine. It may be called
	// several times.
	Close(ctx context.Context) error
}

// Sender sends payloads to one destination. A payload is whole lines of one
// format.
//
// A Sender that queues payloads should implement ledger.Keeper, by which a
// [Pusher] learns what became of its lines. Lines of any other Sender are
// delivered when Send returns nil. It may also implement [MoreSender],
// [Availability], [Logging], [Paced], [Quarantine], [Monitored], monkit.StatSource and
// monkit.TotalSource, which the Pusher passes on.
type Sender interface {
	// Send sends or queues a copy of payload. lines is by how many lines the
	// ledger grows when the payload is delivered or dropped; it is 0 for all
	// but the last payload of a line that is cut into several. After an error
	// the payload must not have been taken: the Pusher drops its lines, by the
	// reason of a *ledger.Error in the error, else as ledger.SendFailed.
	Send(ctx context.Context, payload []byte, lines int) error
	// Flush waits until everything that was sent is delivered or dropped.
	Flush(ctx context.Context) error
	// Close flushes until ctx ends and joins every goroutine.
	Close(ctx context.Context) error
}

// Named is implemented by reporters that have a name of their own, such as
// "graphite+tcp://127.0.0.1:2003", and by every Codec. A collector calls other
// reporters by their type.
type Named interface {
	// Name returns a name for logs and series. It must hold no credentials.
	Name() string
}

// Availability is implemented by reporters and senders that accept lines
// while their destination does not, as all do that have a queue.
type Availability interface {
	// Unavailable returns why the destination does not get its lines at
	// present: deliveries fail, or lines were dropped a short while ago. It is
	// nil if it gets them. A collector logs the error of a reporter that does
	// not log itself: see [Logging].
	Unavailable() error
}

// Logging is implemented by reporters and senders that log what happens to
// their destination.
type Logging interface {
	// SetLogger sets the logger, unless the reporter was made with one. A
	// collector passes its own. It reports whether failures are logged, so that
	// the caller need not.
	SetLogger(*slog.Logger) (logs bool)
}

// Paced is implemented by senders that spread what they send over time.
type Paced interface {
	// SetInterval sets the time between two batches.
	SetInterval(time.Duration)
}

// Broken returns a Sender that returns err from Send and Flush. A format's New
// uses it for an address that is wrong: the collector logs the error, and the
// other reporters work.
func Broken(err error) Sender { return broken{err} }

type broken struct{ err error }

func (s broken) Send(context.Context, []byte, int) error { return s.err }
func (s broken) Flush(context.Context) error             { return s.err }
func (s broken) Close(context.Context) error             { return nil }
