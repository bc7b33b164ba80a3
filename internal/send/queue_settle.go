package send

import (
	"fmt"
	"time"

	"monkit.example/reporters/ledger"
)

// settle counts the oldest chunk in flight as sent, except for so many of its
// lines, which the peer rejected.
func (q *queue) settle(rejected int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.landLocked(); c != nil {
		q.ages.Observe(time.Since(c.at))
		q.endLocked(c, true, rejected, ledger.Rejected)
	}
}

// drop counts the oldest chunk in flight as dropped.
func (q *queue) drop(reason ledger.Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.landLocked(); c != nil {
		q.endLocked(c, false, c.lines, reason)
	}
}

// landLocked removes the oldest chunk from flight, to be settled. It returns nil if
// Close has settled it.
func (q *queue) landLocked() *chunk {
	if q.abandoned {
		return nil
	}
	return q.flight.popFront()
}

// endLocked settles a chunk that is in no station any more: so many of its lines are
// dropped, and the others were sent. Its bytes count as sent if the peer took the
// chunk, whatever it stored of it.
func (q *queue) endLocked(c *chunk, taken bool, dropped int, reason ledger.Reason) {
	q.settledLocked(c)
	if taken {
		q.countSentLocked(c.lines-dropped, len(c.buf))
		q.countDroppedLocked(dropped, 0, reason)
	} else {
		q.countDroppedLocked(dropped, len(c.buf), reason)
	}
	c.recycle()
	q.notifyLocked()
}

func (q *queue) countDroppedLocked(lines, bytes int, reason ledger.Reason) {
	if lines > 0 {
		q.droppedBytes += int64(bytes)
		q.book.Drop(reason, int64(lines))
		q.droppedAt, q.droppedFor = time.Now(), reason
	}
}

func (q *queue) countSentLocked(lines, bytes int) {
	q.book.Sent(int64(lines))
	q.sentBytes += int64(bytes)
}

// settlePart counts lines of the one chunk in flight as sent and as dropped. Its
// bytes are counted with the last of its lines.
func (q *queue) settlePart(sent, dropped int, reason ledger.Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.abandoned {
		return
	}
	c := q.flight.front()
	if c.spoolSeq > 0 {
		q.book.Unspooled(int64(sent + dropped))
	}
	c.lines -= sent + dropped
	q.flight.lines -= sent + dropped
	q.countSentLocked(sent, 0)
	q.countDroppedLocked(dropped, 0, reason)
	q.notifyLocked()
}

// pause moves the one chunk in flight, of which some lines are settled, to those
// that wait beside newer ones, until the search s in it goes on.
func (q *queue) pause(s *search) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.landLocked(); c != nil {
		q.settledLocked(c) // a copy on disk has lines that are settled
		c.settled, c.search = false, s
		q.disk.replay.pushFront(c)
	}
}

// putBack moves the one chunk in flight back to waiting.
func (q *queue) putBack() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.abandoned {
		q.returnFlightLocked()
	}
}

// halve replaces the one chunk in flight by its halves, which wait. It reports
// false, and does nothing, if the chunk is one line.
func (q *queue) halve() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.abandoned {
		return true
	}
	a, b := q.flight.front().halves()
	if a == nil {
		return false
	}
	q.settledLocked(q.flight.popFront()) // the halves have no copy on disk
	q.waiting.pushFront(b)
	q.waiting.pushFront(a)
	return true
}

// limitChunks makes later payloads join chunks of at most n bytes only.
func (q *queue) limitChunks(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.chunkSize = min(q.chunkSize, n)
}

// acknowledge settles the chunks that lie within the first n bytes in flight,
// and keeps them for a redo. It returns their size. If it is not 0, notify must be
// called.
func (q *queue) acknowledge(n int, now time.Time) (settled int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.flight.n > 0 {
		c := q.flight.front()
		size := len(c.unsent())
		if n-settled < size {
			break
		}
		settled += size
		q.acknowledgedLocked(q.flight.popFront())
		q.ages.Observe(now.Sub(c.at))
		q.countSentLocked(c.lines, len(c.buf))
		q.keepLocked(c, now)
	}
	return settled
}

// requeue moves what is in flight back to waiting, except for the chunks that
// the first written bytes lie in, less those of whole lines among the acked
// first: their lines may have arrived, so that they are dropped.
func (q *queue) requeue(acked, written int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.abandoned {
		return
	}
	if q.flight.n > 0 {
		written -= q.flight.front().skipLines(acked)
	}
	for q.flight.n > 0 && written > 0 {
		c := q.flight.popFront()
		written -= len(c.unsent())
		sent := c.ackedLines()
		q.countSentLocked(sent, c.off)
		q.countDroppedLocked(c.lines-sent, len(c.unsent()), ledger.Ambiguous)
		c.recycle()
	}
	q.returnFlightLocked()
	q.notifyLocked()
}

func (q *queue) returnFlightLocked() {
	for q.flight.n > 0 {
		q.returnLocked(q.flight.popBack())
	}
}

// returnLocked moves a chunk to those that wait, as the oldest. One that is being
// written to disk goes to those with a copy there: it will have one.
func (q *queue) returnLocked(c *chunk) {
	if c.spoolSeq > 0 || c.pinned {
		q.disk.replay.pushFront(c)
	} else {
		q.waiting.pushFront(c)
	}
}

// lossTime is how long a destination is unavailable after lines were dropped.
const lossTime = time.Minute

// recentLoss returns an error if lines were dropped within lossTime.
func (q *queue) recentLoss(now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.droppedAt.IsZero() || now.Sub(q.droppedAt) >= lossTime {
		return nil
	}
	return fmt.Errorf("lines were dropped within the last minute, the last ones as %s", q.droppedFor)
}
