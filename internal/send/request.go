package send

import (
	"bytes"
	"context"
	"math/bits"
	"time"

	"monkit.example/reporters/ledger"
)

// requests sends chunks to a Messenger, one after another. The goroutine of the
// Sender calls its methods.
type requests struct {
	*queue
	retry     *retrier
	messenger Messenger
	pace      *pace // nil if the payloads are no datagrams

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
	if c.budget.isSpent() {
		r.drop(ledger.Rejected)
		return 0
	}
	if r.sizeLimit > 0 && len(c.buf) > r.sizeLimit && r.halve() {
		return 0
	}
	c.budget.spend()
	err := r.messenger.Deliver(ctx, c.buf)
	if !r.isAbandoned() { // else Close has settled the chunk; if it ended the attempt, err is not the peer's failure
		r.finish(c, err)
	}
	return 0
}

// finish counts, cuts or keeps a chunk, as the result of its delivery demands.
func (r *requests) finish(c *chunk, err error) {
	if err == nil {
		r.settle(0)
		r.retry.succeeded(time.Now())
		return
	}
	e := classify(err)
	switch e.kind {
	case partial:
		r.retry.rejected(e)
		r.settle(min(e.rejected, c.lines))
		r.retry.succeeded(time.Now())
	case permanent:
		r.retry.rejected(e)
		r.drop(ledger.Rejected)
	case oversize:
		r.retry.rejected(e)
		r.drop(ledger.Oversize)
	case tooLarge:
		r.limitSize(c, e)
	case split:
		r.bisect(c, e)
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
	r.retry.rejected(e)
	r.drop(ledger.Oversize)
}

// searchBudget is the number of requests that a Sender may make to find the
// lines of one chunk that the peer rejects. All pieces of the chunk share it. A
// nil budget has no limit.
type searchBudget struct{ requests int }

// newSearchBudget allows twice as many requests as it takes to find one line
// among n, and eight more.
func newSearchBudget(n int) *searchBudget {
	return &searchBudget{2*bits.Len(uint(max(n-1, 0))) + 8}
}

func (b *searchBudget) isSpent() bool { return b != nil && b.requests <= 0 }

func (b *searchBudget) spend() {
	if b != nil {
		b.requests--
	}
}

// bisect halves a chunk, because the peer rejects some of its lines. If it is
// one line, that line is dropped.
func (r *requests) bisect(c *chunk, e *Error) {
	if c.budget == nil {
		c.budget = newSearchBudget(bytes.Count(c.buf, newline))
		c.budget.spend() // for the request that was just rejected
	}
	if r.halve() {
		r.retry.responded()
		return
	}
	r.retry.rejected(e)
	r.drop(ledger.Rejected)
}
