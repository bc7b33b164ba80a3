package send

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/safelog"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// Sender is a bounded queue in front of a Transport, and the goroutine, run,
// that empties it. Its methods may be called from any goroutine. The queue and
// the retry have mutexes of their own. Only stepping is held while the transport
// is called, and none while the logger is: either may block, and a log handler may
// call the Sender.
type Sender struct {
	opts      Options // set once by New, as all above journal
	transport Transport
	queue     *queue
	retry     *retrier
	pace      *pace   // nil if the payloads are no datagrams
	keeper    *keeper // nil if nothing is kept on disk

	quarantine *quarantine
	times      *monkit.DurationVal // of deliveries
	keys       seriesKeys

	ctx    context.Context // ended by stop; run returns then
	stop   context.CancelFunc
	wakeup chan struct{} // holds a value if run must look at the queue again
	done   chan struct{} // closed when run has returned
	closed chan struct{} // closed when the first Close is complete

	finishing atomic.Bool // run returns when nothing is pending

	journal   journal     // owned by run, as all below
	journaled time.Time   // when journal was updated
	timer     *time.Timer // of pause

	dropped      ledger.Counts // of the book, when it had droppedLines
	droppedLines int64

	stepping sync.Mutex // held while a method of the driver is called; run keeps it when it returns
	triedAt  time.Time  // guarded by stepping; when tryStep of the driver was called
	driver   driver

	logger atomic.Pointer[slog.Logger]

	mu       sync.Mutex
	closing  bool          // guarded by mu, as all below; Close was called
	closeErr error         // the result of Close
	returned ledger.Counts // dropped lines that Flush or Close has returned
}

// A driver moves chunks from the queue to the transport, for the one goroutine
// that holds stepping.
type driver interface {
	// step sends what can be sent now. It returns how long to wait before the
	// next step: zero if there is more to do, or forever.
	step(ctx context.Context) time.Duration
	// disconnect closes the connection in order when all chunks are settled. If
	// it has failed, chunks may wait again.
	disconnect()
}

// A tryDriver can move chunks in the goroutine of a caller too.
type tryDriver interface {
	// tryStep sends what can be sent without waiting. It reports whether run
	// need not be woken.
	tryStep() bool
}

var _ ledger.Keeper = (*Sender)(nil)

// New returns a Sender that owns t, and starts its one goroutine. Close must
// be called.
func New(t Transport, o Options) *Sender {
	s := &Sender{
		opts:      o.withDefaults(),
		transport: t,
		keys:      newSeriesKeys(o.Name),
		wakeup:    make(chan struct{}, 1),
		done:      make(chan struct{}),
		closed:    make(chan struct{}),
	}
	s.retry = newRetrier(s.opts)
	s.quarantine = newQuarantine(o.Name)
	s.times = newTimes(timesMeasurement, o.Name)
	s.journal = journal{name: o.Name, log: s.log}
	if l, ok := optional[logging](t); ok {
		l.logTo(o.Name, s.log)
	}
	if isDatagrams(t) {
		s.pace = &pace{spread: defaultPace}
	}
	s.queue = newQueue(s.opts, t)
	s.queue.kept = s.quarantine
	if o.Spool != nil && !o.AtMostOnce {
		s.keeper = newKeeper(s.queue, *o.Spool, o.Name, s.log, s.wake)
	}
	s.returned = s.queue.book.Ledger().Dropped // of earlier runs
	s.journal.drops.counts = s.returned
	switch t := t.(type) {
	case Stream:
		s.driver = &window{queue: s.queue, retry: s.retry, stream: t, times: s.times, atMostOnce: o.AtMostOnce}
	case Messenger:
		s.driver = &requests{queue: s.queue, retry: s.retry, messenger: t, pace: s.pace, quarantine: s.quarantine, times: s.times, atMostOnce: o.AtMostOnce}
	default:
		panic(fmt.Sprintf("send: %T is neither a Messenger nor a Stream", t))
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if s.keeper != nil {
		go s.keeper.run()
	}
	go s.run()
	return s
}

// Send queues a copy of payload, which is whole lines and counts as that many
// lines in the ledger. It never blocks. It returns ErrClosed, or the error of
// ctx if that has ended; nothing is accepted then. A payload that the queue has
// no room for is accepted and counted as dropped.
func (s *Sender) Send(ctx context.Context, payload []byte, lines int) error {
	waiting, err := s.add(ctx, payload, lines)
	if err == nil {
		s.begin(waiting)
	}
	return err
}

// SendMore is Send for a caller that calls Send soon, maybe with an empty
// payload: sending need not begin before that. It begins when worthWaking bytes
// wait.
func (s *Sender) SendMore(ctx context.Context, payload []byte, lines int) error {
	waiting, err := s.add(ctx, payload, lines)
	if waiting >= worthWaking {
		s.begin(waiting)
	}
	return err
}

// worthWaking is how many bytes are worth a step each. To wake a goroutine for it
// takes the time in which 20 KiB are written, and another thread that looks for
// work for as long again.
const worthWaking = 256 << 10

// add queues a copy of payload and returns how many bytes wait.
func (s *Sender) add(ctx context.Context, payload []byte, lines int) (waiting int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if len(payload) == 0 {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return 0, ErrClosed
	}
	return s.queue.accept(payload, max(lines, 0), time.Now()), nil
}

// SetInterval sets the time between two batches of payloads. Datagrams of one
// batch are spread over a part of it.
func (s *Sender) SetInterval(d time.Duration) {
	if s.pace != nil {
		s.pace.setInterval(d)
	}
}

// SetLogger sets the logger if there is no Options.Logger. It returns true:
// the Sender logs failures.
func (s *Sender) SetLogger(l *slog.Logger) bool {
	s.logger.Store(safelog.Wrap(l))
	if s.keeper != nil {
		s.keeper.wake()
	}
	return true
}

func (s *Sender) log() *slog.Logger {
	if s.opts.Logger != nil {
		return s.opts.Logger
	}
	if l := s.logger.Load(); l != nil {
		return l
	}
	return discard
}

var discard = slog.New(slog.DiscardHandler)

// Flush waits until all lines that were accepted before it are delivered or
// dropped. It returns an error that names the lines that were dropped since the
// last call. If ctx ends first, it returns the error of ctx and the last failure.
func (s *Sender) Flush(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.takeLosses()
}

// settle waits until all lines that were accepted before it are delivered or
// dropped.
func (s *Sender) settle(ctx context.Context) error {
	last := s.queue.newest()
	for {
		progress, first := s.queue.unsettled(last)
		if progress == nil {
			return nil
		}
		if first {
			s.wake() // run asks for acknowledgements more often while a call waits
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return s.pendingError("pending", ctx.Err())
		}
	}
}

// Book returns the book that counts the lines.
func (s *Sender) Book() *ledger.Book { return s.queue.book }

// Ledger returns the counts of all lines that were accepted. With
// Options.Counted, lines that were counted and not yet sent are missing from
// what is pending.
func (s *Sender) Ledger() ledger.Ledger { return s.queue.ledger() }

// RejectedLines returns the newest lines that the peer rejected, oldest first.
func (s *Sender) RejectedLines() []ledger.RejectedLine { return s.quarantine.newest() }

// begin sends the bytes that wait, as far as that is possible without waiting, or
// else wakes run. What was just queued is in the cache of this processor, and to
// wake another one takes as long as to write 20 KiB.
func (s *Sender) begin(waiting int) {
	if !s.tryStep(waiting) {
		s.wake()
	}
}

// Few bytes are worth a write of their own only once in tryPause: of payloads that
// follow one another fast, run joins many in the meantime.
const (
	worthTrying = 32 << 10
	tryPause    = time.Millisecond
)

// tryStep reports whether run need not be woken.
func (s *Sender) tryStep(waiting int) bool {
	d, ok := s.driver.(tryDriver)
	if !ok || !s.stepping.TryLock() {
		return false
	}
	defer s.stepping.Unlock()
	now := time.Now()
	if waiting < worthTrying && now.Sub(s.triedAt) < tryPause || s.ctx.Err() != nil {
		return false
	}
	s.triedAt = now
	return d.tryStep()
}

// wake ends the present or next pause of run.
func (s *Sender) wake() {
	select {
	case s.wakeup <- struct{}{}:
	default:
	}
}
