package send

import (
	"time"

	"monkit.example/internal/spool"
)

// maxRedoChunks bounds the chunks that are kept for a redo. Those that were read
// from a spool hold their records there, of which there may be twice as many.
const maxRedoChunks = spool.MaxHeld / 2

// keepLocked keeps a settled chunk for a redo, for redoAge from its first
// acknowledgement on. Without that end a peer that reads and then breaks the
// connection would be sent the same lines for ever. Its copy on disk, if it has
// one, is kept as long: this process may be killed before the peer turns out to be
// dead.
func (q *queue) keepLocked(c *chunk, now time.Time) {
	if c.ackedAt.IsZero() {
		c.ackedAt = now
	}
	if q.bounds.redoBytes == 0 || now.Sub(c.ackedAt) >= q.bounds.redoAge {
		q.forgetLocked(c)
		return
	}
	c.off = 0
	q.redo.pushBack(c)
	q.trimRedoLocked(now)
}

// forgetLocked ends what keepLocked began.
func (q *queue) forgetLocked(c *chunk) {
	q.releaseLocked(c)
	c.recycle()
}

// trimRedo forgets what was kept for long enough. It returns when the next
// chunk will be, or zero if none is kept.
func (q *queue) trimRedo(now time.Time) (next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.trimRedoLocked(now)
}

func (q *queue) trimRedoLocked(now time.Time) (next time.Time) {
	for q.redo.n > 0 {
		next = q.redo.front().ackedAt.Add(q.bounds.redoAge)
		if next.After(now) && q.redo.bytes <= q.bounds.redoBytes && q.redo.n <= min(q.bounds.redoBytes/minChunkBytes, maxRedoChunks) {
			return next
		}
		q.forgetLocked(q.redo.popFront())
	}
	return time.Time{}
}

// forgetRedo forgets everything that is kept for a redo.
func (q *queue) forgetRedo() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.redo.n > 0 {
		q.forgetLocked(q.redo.popFront())
	}
}

// recall moves what is in flight, and what was kept for a redo, back to waiting.
// Lines that were counted as sent are so no longer. It returns their number.
func (q *queue) recall() (lines int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.abandoned {
		return 0
	}
	for i := range q.flight.n {
		q.flight.at(i).off = 0
	}
	q.returnFlightLocked()
	lines = q.redo.lines
	q.book.Recall(int64(lines))
	for q.redo.n > 0 {
		c := q.redo.popBack()
		c.settled = false
		q.copiedLocked(c, c.spoolSeq)
		q.returnLocked(c)
	}
	return lines
}
