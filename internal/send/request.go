package send

import (
	"context"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// requests sends chunks to a Messenger, one after another. The goroutine of the
// Sender calls its methods.
type requests struct {
	*queue
	retry     *retrier
	messenger Messenger
	pace      *pace // nil if the payloads are no datagrams

	quarantine *quarantine
	times      *monkit.DurationVal

	atMostOnce bool
	sizeLimit  int // larger chunks are cut, since the peer rejects them; 0 is none
}

// step delivers the oldest chunk. It returns how long to wait before the next
// step, or forever if nothing waits.
func (r *requests) step(ctx context.Context) time.Duration {
	if r.pace != nil {
		if wait := r.pace.next(r.waitingChunks(), time.Now()); wait > 0 {
			return wait
		}
	}
	c := r.take(0)
	if c == nil {
		return forever
	}
	if c.search != nil {
		r.search(ctx, c.search)
		return 0
	}
	if r.sizeLimit > 0 && len(c.buf) > r.sizeLimit && r.halve() {
		return 0
	}
	askedAt := time.Now()
	err := r.deliver(ctx, c.buf)
	if r.isAbandoned() {
		return 0 // Close has settled the chunk; if it ended the attempt, err is not the peer's failure
	}
	if e := classify(err); err != nil && e.kind == split {
		s := newSearch(c.buf, c.lines, askedAt)
		s.refused(e, time.Now())
		r.search(ctx, s)
	} else {
		r.finish(c, err)
	}
	return 0
}

// disconnect implements driver. The transport's Close does it.
func (r *requests) disconnect() {}

// deliver passes a payload to the Messenger and measures how long that takes.
func (r *requests) deliver(ctx context.Context, payload []byte) error {
	began := time.Now()
	err := r.messenger.Deliver(ctx, payload)
	r.times.Observe(time.Since(began))
	return err
}

// reject keeps the lines of c that were rejected for a person to look at.
func (r *requests) reject(c *chunk, lines int, reason ledger.Reason, e *Error) {
	all := rejectedLines(c.buf, lines, e, time.Now())
	for i := range all {
		all[i].Reason = reason
	}
	r.quarantine.add(all...)
	r.retry.rejected(e)
}

// finish counts, cuts or keeps a chunk, as the result of its delivery demands.
func (r *requests) finish(c *chunk, err error) {
	if err == nil {
		r.retry.succeeded(time.Now()) // before a Flush returns
		r.settle(0)
		return
	}
	e := classify(err)
	switch e.kind {
	case partial:
		rejected := min(e.rejected, c.lines)
		r.reject(c, rejected, ledger.Rejected, e)
		r.retry.succeeded(time.Now())
		r.settle(rejected)
	case permanent:
		r.reject(c, c.lines, ledger.Rejected, e)
		r.drop(ledger.Rejected)
	case oversize:
		r.reject(c, c.lines, ledger.Oversize, e)
		r.drop(ledger.Oversize)
	case noBuffer:
		r.retry.failed(e, time.Now())
		r.drop(ledger.NoBuffer)
	case tooLarge:
		r.limitSize(c, e)
	case ambiguous:
		r.retry.failed(e, time.Now())
		if r.atMostOnce {
			r.drop(ledger.Ambiguous)
		} else {
			r.putBack()
		}
	default:
		r.retry.failed(e, time.Now())
		r.putBack()
	}
}

// limitSize halves a chunk, because the peer rejects its size, and from now on
// every chunk of that size before it is sent.
func (r *requests) limitSize(c *chunk, e *Error) {
	half := max(len(c.buf)/2, 1)
	if r.halve() {
		if r.sizeLimit == 0 || half < r.sizeLimit {
			r.sizeLimit = half
			r.limitChunks(half)
		}
		r.retry.responded()
		return
	}
	// A single line of that size is no reason to cut chunks of several.
	r.reject(c, c.lines, ledger.Oversize, e)
	r.drop(ledger.Oversize)
}

// search finds the lines of the chunk in flight because of which the peer stored
// nothing, and delivers the others. If a delivery fails, the search is paused.
func (r *requests) search(ctx context.Context, s *search) {
	for {
		r.settleFound(s.take())
		now := time.Now()
		piece, lines := s.next(now)
		if piece == nil {
			break
		}
		err := r.deliver(ctx, piece)
		now = time.Now()
		if r.isAbandoned() {
			return
		}
		switch e := classify(err); {
		case err == nil:
			s.accepted(now)
		case e.kind != retry && e.kind != ambiguous:
			s.refused(e, now)
		default:
			if e.kind == ambiguous && r.atMostOnce {
				s.skip()
				r.settlePart(0, lines, ledger.Ambiguous)
			}
			r.pause(s)
			r.retry.failed(e, now)
			return
		}
	}
	r.retry.succeeded(time.Now())
	r.settle(0)
}

// settleFound counts what a search has found.
func (r *requests) settleFound(found searchResult) {
	r.settlePart(found.delivered, found.rejected, ledger.Rejected)
	r.settlePart(0, found.oversize, ledger.Oversize)
	r.quarantine.add(found.refused...)
	if found.rejected+found.oversize > 0 {
		r.retry.rejected(&Error{Err: found.err, kind: permanent})
	}
}
