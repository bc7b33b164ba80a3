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

// Sender is a bounded queue before a Transport, and the goroutine between
// them. Its methods may be called from anywhere.
type Sender struct {
	opts      Options
	transport Transport
	messenger Messenger // transport, or nil if it is a Stream
	stream    Stream    // transport, or nil if it is a Messenger
	keys      keys
	log       *slog.Logger

	ctx  context.Context // ends when Close gives up
	stop context.CancelFunc
	wake chan struct{} // something to look at; holds one
	done chan struct{} // closed when run has returned
	shut chan struct{} // closed when Close is through

	mu       sync.Mutex
	queue    queue         // guarded by mu
	health   health        // guarded by mu
	progress chan struct{} // guarded by mu; closed when an item leaves, if somebody waits
	closing  bool          // guarded by mu
	hurry    bool          // guarded by mu; Close wants one attempt now
	closeErr error         // guarded by mu

	backoff   *backoff.ExponentialBackOff // owned by run, as all below
	notBefore time.Time
	asked     bool // notBefore is the peer's wish
	limit     int  // largest payload the peer took so far; 0 is none
	window    int  // bytes written to stream that belong to busy items
	poll      time.Duration
	timer     *time.Timer // of pause
	quiet     time.Time   // no word about refused lines until then
	notes     []note      // to be logged after the step
}

var _ ledger.Keeper = (*Sender)(nil)

// New returns a Sender that owns t, and starts its one goroutine. Close must
// be called.
func New(t Transport, o Options) *Sender {
	s := &Sender{
		opts:      o.withDefaults(),
		transport: t,
		keys:      newKeys(o.Name),
		log:       cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
		wake:      make(chan struct{}, 1),
		done:      make(chan struct{}),
		shut:      make(chan struct{}),
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

// Send takes over a copy of payload, which is whole lines and counts as that
// many in the ledger. It never blocks. The error is ErrClosed, or ctx's if it
// has ended; in both cases nothing was taken. What does not fit is accepted
// and counted as dropped.
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
	it := &item{lines: max(lines, 0), at: time.Now()}
	s.queue.accept(it)
	switch {
	case len(payload) > s.opts.MaxBytes:
		s.queue.settleDropped(it.lines, ledger.Oversize)
	case !s.queue.room(len(payload), s.opts.MaxBytes):
		s.queue.settleDropped(it.lines, ledger.QueueFull)
	default:
		it.payload = slices.Clone(payload)
		s.queue.push(it)
		s.nudge()
	}
	s.moved()
	return nil
}

// Flush waits until all that was accepted before is delivered or dropped. Its
// error is ctx's, with what went wrong last.
func (s *Sender) Flush(ctx context.Context) error {
	s.mu.Lock()
	last := s.queue.seq
	for s.queue.len() > 0 && s.queue.at(0).seq <= last && !s.queue.gone {
		if s.progress == nil {
			s.progress = make(chan struct{})
			s.nudge() // run polls sooner for those who wait
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

func (s *Sender) pendingError(what string, ctxErr error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return pendingError(s.opts.Name, s.queue.pending, what, ctxErr, s.health.last)
}

// After ctx's end this is how long Close waits for its goroutine.
const joinTime = 100 * time.Millisecond

// Close flushes until ctx ends, drops what is left, counted as closed, and
// joins the goroutine. It tries at once what waits after a failure, unless the
// peer asked for the wait. Later calls wait for the first.
func (s *Sender) Close(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closing
	s.closing, s.hurry = true, true
	s.nudge()
	s.mu.Unlock()
	if first {
		s.close(ctx)
	}
	select {
	case <-s.shut:
	case <-ctx.Done():
		select {
		case <-s.shut:
		default:
			return s.pendingError("still being closed", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeErr
}

func (s *Sender) close(ctx context.Context) {
	defer close(s.shut)
	err := s.Flush(ctx)
	s.mu.Lock()
	lost := s.queue.abandon()
	if lost > 0 {
		err = pendingError(s.opts.Name, lost, "dropped", ctx.Err(), s.health.last)
	}
	s.closeErr = err
	s.moved()
	s.mu.Unlock()
	if lost > 0 {
		s.log.Warn("closed before all was sent", "destination", s.opts.Name, "dropped", lost)
	}
	if err == nil {
		s.endPolitely(ctx)
	}
	s.endNow()
}

// endPolitely lets the transport finish while ctx lives.
func (s *Sender) endPolitely(ctx context.Context) {
	s.stop()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
}

func (s *Sender) endNow() {
	s.stop()
	if a, ok := s.transport.(aborter); ok {
		a.Abort()
	}
	select {
	case <-s.done:
	case <-time.After(joinTime):
		// A transport that does not heed its context. It ends when it ends.
	}
}

// Ledger accounts for every line.
func (s *Sender) Ledger() ledger.Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.ledger()
}

// Unavailable returns the last failure while the destination does not take
// what is sent. It is nil while it does, and if Options.Logger was told: what
// has gone wrong is said once.
func (s *Sender) Unavailable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Logger != nil {
		return nil
	}
	return s.health.failing()
}

// nudge makes run look again.
func (s *Sender) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// awaited tells whether somebody waits for items to leave.
func (s *Sender) awaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress != nil || s.closing
}

// moved tells those who wait that items have left. Callers hold mu.
func (s *Sender) moved() {
	if s.progress != nil {
		close(s.progress)
		s.progress = nil
	}
}
