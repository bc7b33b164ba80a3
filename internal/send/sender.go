package send

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"monkit.example/reporters/ledger"
)

// Sender is a bounded queue in front of a Transport, and the goroutine, run,
// that empties it. Its methods may be called from any goroutine.
//
// mu guards what callers share with run. It is not held while the transport or
// the logger is called: either may block, and a log handler may call the Sender.
type Sender struct {
	opts      Options // set once by New, as all above mu
	transport Transport
	messenger Messenger // transport, or nil if it is a Stream
	stream    Stream    // transport, or nil if it is a Messenger
	keys      seriesKeys
	log       *slog.Logger

	ctx    context.Context // ended by stop; run returns then
	stop   context.CancelFunc
	wakeup chan struct{} // holds a value if run must look at the fields below again
	done   chan struct{} // closed when run has returned
	closed chan struct{} // closed when the first Close is complete

	mu          sync.Mutex
	queue       queue         // guarded by mu
	health      health        // guarded by mu
	progress    chan struct{} // guarded by mu; closed when items are settled; nil if no Flush waits
	closing     bool          // guarded by mu; Close was called
	skipBackoff bool          // guarded by mu; Close wants an attempt at once
	closeErr    error         // guarded by mu; the result of Close

	backoff      *backoff.ExponentialBackOff // owned by run, as all below
	retryAt      time.Time                   // no attempt before; zero if the last one succeeded
	retryByPeer  bool                        // the peer asked for retryAt
	sizeLimit    int                         // larger payloads are cut, since the peer rejects them; 0 is none
	windowBytes  int                         // written to stream and not acknowledged
	pollInterval time.Duration               // until stream is asked for acknowledgements again
	timer        *time.Timer                 // of pause
	quietUntil   time.Time                   // no rejection is logged before
	logRecords   []logRecord                 // logged after the step, without mu
}

var _ ledger.Keeper = (*Sender)(nil)

// New returns a Sender that owns t, and starts its one goroutine. Close must
// be called.
func New(t Transport, o Options) *Sender {
	s := &Sender{
		opts:      o.withDefaults(),
		transport: t,
		keys:      newSeriesKeys(o.Name),
		log:       cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
		wakeup:    make(chan struct{}, 1),
		done:      make(chan struct{}),
		closed:    make(chan struct{}),
	}
	switch t := t.(type) {
	case Messenger:
		s.messenger = t
	case Stream:
		s.stream = t
	default:
		panic(fmt.Sprintf("send: %T is neither a Messenger nor a Stream", t))
	}
	s.backoff = s.opts.newBackoff()
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.run()
	return s
}

// Send queues a copy of payload, which is whole lines and counts as that many
// lines in the ledger. It never blocks. It returns ErrClosed, or the error of
// ctx if that has ended; nothing is accepted then. A payload that the queue has
// no room for is accepted and counted as dropped.
func (s *Sender) Send(ctx context.Context, payload []byte, lines int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(payload) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return ErrClosed
	}
	it := &item{lines: max(lines, 0), acceptedAt: time.Now()}
	s.queue.accept(it)
	switch {
	case len(payload) > s.opts.MaxBytes:
		s.queue.countDropped(it.lines, ledger.Oversize)
	case !s.queue.makeRoom(len(payload), s.opts.MaxBytes):
		s.queue.countDropped(it.lines, ledger.QueueFull)
	default:
		it.payload = slices.Clone(payload)
		s.queue.push(it)
		s.wake()
	}
	s.notifyLocked()
	return nil
}

// Flush waits until all lines that were accepted before it are delivered or
// dropped. If ctx ends first, it returns the error of ctx and the last failure.
func (s *Sender) Flush(ctx context.Context) error {
	s.mu.Lock()
	last := s.queue.seq
	for s.queue.len() > 0 && s.queue.at(0).seq <= last && !s.queue.abandoned {
		if s.progress == nil {
			s.progress = make(chan struct{})
			s.wake() // run asks for acknowledgements more often while a Flush waits
		}
		progress := s.progress
		s.mu.Unlock()
		select {
		case <-progress:
		case <-ctx.Done():
			return s.pendingError("pending", ctx.Err())
		}
		s.mu.Lock()
	}
	s.mu.Unlock()
	return nil
}

// Ledger returns the counts of all lines that were accepted.
func (s *Sender) Ledger() ledger.Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.ledger()
}

// Unavailable returns the last failure while deliveries fail, and else nil. It
// always returns nil if there is an Options.Logger, which has logged the
// failure, so that the caller does not log it a second time.
func (s *Sender) Unavailable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Logger != nil {
		return nil
	}
	return s.health.failure()
}

// wake ends the present or next pause of run.
func (s *Sender) wake() {
	select {
	case s.wakeup <- struct{}{}:
	default:
	}
}

// notifyLocked wakes every Flush, which then looks at the queue again.
func (s *Sender) notifyLocked() {
	if s.progress != nil {
		close(s.progress)
		s.progress = nil
	}
}

// isAwaited reports whether a Flush or Close waits until items are settled.
func (s *Sender) isAwaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress != nil || s.closing
}
