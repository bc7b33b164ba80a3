package send

import (
	"sync"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// queue holds the chunks of a Sender and counts its lines. A chunk goes from
// waiting to flight when it is taken to be sent; from there to redo, if the
// peer acknowledged it but may not have read it; and then it is gone. After a
// failure it goes back to waiting, in order.
//
// Its methods may be called from any goroutine. Those that take a chunk, or
// settle one, are for the one that holds the Sender's stepping.
type queue struct {
	bounds  bounds       // set once, as all above mu
	book    *ledger.Book // counts the lines
	counted bool         // they were counted as accepted before
	kept    *quarantine  // of lines that are too long for the queue; nil keeps none

	mu      sync.Mutex
	waiting station // guarded by mu, as all below
	flight  station
	redo    station

	disk disk

	chunkSize int   // a payload is appended to the newest waiting chunk up to this size
	seq       int64 // of the newest chunk
	// abandoned is set by Close when it gives up. Nothing waits and nothing is
	// in flight then, and what was must not be counted again.
	abandoned bool
	progress  chan struct{} // closed when chunks are settled; nil if no call waits for that

	sentBytes    int64
	droppedBytes int64
	ages         *monkit.DurationVal // of chunks, when they were delivered; has a lock of its own

	droppedAt  time.Time     // when lines were dropped last
	droppedFor ledger.Reason // and why
}

func newQueue(o Options, t Transport) *queue {
	q := &queue{bounds: o.bounds(t), book: ledger.NewBook(), counted: o.Counted, ages: newTimes(agesMeasurement, o.Name), chunkSize: o.ChunkBytes}
	return q
}

// bounds are those of a queue.
type bounds struct {
	bytes     int           // of what waits and is in flight
	age       time.Duration // of what waits
	redoBytes int           // of what is kept for a redo; zero keeps nothing
	redoAge   time.Duration
	record    int  // of a chunk that can be on disk; zero is none
	messages  bool // each payload is a chunk of its own
}

// joinShare is the part of the largest age that may lie between the first and
// the last line of a chunk, since all of its lines expire with the first.
const joinShare = 16

// minChunkBytes bounds the number of chunks to about one for each so many bytes
// of the queue's size. A chunk needs some 100 bytes besides its lines: without
// this bound tiny payloads would need many times the memory of the queue.
const minChunkBytes = 64

// accept counts lines as accepted, and adds a copy of payload if there is room
// for it. It returns how many bytes wait in memory.
func (q *queue) accept(payload []byte, lines int, now time.Time) (waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.counted {
		q.book.Accept(int64(lines))
	}
	for {
		n, share := cutForDisk(payload, lines, q.bounds.record)
		q.acceptLocked(payload[:n], share, now)
		if payload, lines = payload[n:], lines-share; len(payload) == 0 {
			break
		}
	}
	if q.disk.idle || q.waiting.bytes > memoryBytes {
		q.disk.wakeKeeper()
	}
	return q.waiting.bytes
}

func (q *queue) acceptLocked(payload []byte, lines int, now time.Time) {
	switch {
	case len(payload) > q.bounds.bytes:
		q.kept.addOversize(payload, lines, "what waits for this destination may have", q.bounds.bytes)
		q.countDroppedLocked(lines, len(payload), ledger.Oversize)
		return
	case !q.makeRoomLocked(len(payload)):
		q.countDroppedLocked(lines, len(payload), ledger.QueueFull)
		return
	case q.canAppendLocked(len(payload), now):
		q.waiting.appendToBack(payload, lines)
		return
	}
	c := newChunk(len(payload))
	c.append(payload, lines)
	q.seq++
	c.seq, c.at = q.seq, now
	q.waiting.pushBack(c)
}

// canAppendLocked reports whether n bytes can join the newest chunk.
func (q *queue) canAppendLocked(n int, now time.Time) bool {
	if q.bounds.messages || q.waiting.n == 0 {
		return false
	}
	c := q.waiting.back()
	return !c.sealed && len(c.buf)+n <= q.chunkSize && (q.bounds.record == 0 || len(c.buf)+n <= q.bounds.record) && now.Sub(c.at) <= q.bounds.age/joinShare
}

// makeRoomLocked drops the oldest waiting chunks until n more bytes fit. It
// reports false if they do not fit even then.
func (q *queue) makeRoomLocked(n int) bool {
	for q.isFullLocked(n) && q.waiting.n > 0 {
		q.dropFirstLocked(&q.waiting, ledger.QueueFull)
	}
	return !q.isFullLocked(n)
}

func (q *queue) isFullLocked(n int) bool {
	bytes, chunks := q.inMemoryLocked()
	return bytes > q.bounds.bytes-n || chunks > q.bounds.bytes/minChunkBytes
}

// dropFirstLocked drops the oldest chunk of s.
func (q *queue) dropFirstLocked(s *station, reason ledger.Reason) {
	c := s.popFront()
	q.endLocked(c, false, c.lines, reason)
}

// expire drops the waiting chunks that are older than the bound. It returns when
// the next one will be, or zero if none waits.
func (q *queue) expire(now time.Time) (next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range []*station{&q.waiting, &q.disk.replay} {
		for s.n > 0 {
			// A chunk whose age is exactly the bound does not expire yet.
			expiry := s.front().at.Add(q.bounds.age + 1)
			if expiry.After(now) {
				next = earlier(next, expiry)
				break
			}
			q.dropFirstLocked(s, ledger.Expired)
		}
	}
	return next
}

// take moves the oldest waiting chunk to flight and returns it. It returns nil
// if none waits, or if the chunk is larger than room and others are in flight.
func (q *queue) take(room int) *chunk {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := q.nextLocked()
	if next == nil || q.flight.n > 0 && len(next.front().unsent()) > room {
		return nil
	}
	c := next.popFront()
	c.sealed = true
	q.chargeLocked(next, len(c.buf))
	q.flight.pushBack(c)
	return c
}

// abandon drops everything that waits or is in flight and is not on disk. It
// returns the number of lines. It recycles nothing: a transport may still read
// what is in flight.
func (q *queue) abandon() (lines int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	bytes := 0
	for _, s := range q.unsettledLocked() {
		for s.n > 0 {
			if c := s.popFront(); c.spoolSeq > 0 {
				q.disk.lines += c.lines
			} else {
				lines += c.lines
				bytes += len(c.buf)
			}
		}
	}
	q.countDroppedLocked(lines, bytes, ledger.Closed)
	q.redo = station{}
	q.abandoned = true
	q.notifyLocked()
	return lines
}

// isAbandoned reports whether Close gave up.
func (q *queue) isAbandoned() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.abandoned
}

// notify wakes the calls that wait for chunks to be settled.
func (q *queue) notify() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notifyLocked()
}

// notifyLocked wakes the calls that wait for chunks to be settled.
func (q *queue) notifyLocked() {
	if q.progress != nil {
		close(q.progress)
		q.progress = nil
	}
}

// inMemoryLocked returns what waits in memory or is in flight.
func (q *queue) inMemoryLocked() (bytes, chunks int) {
	for _, s := range q.unsettledLocked() {
		bytes += s.bytes
		chunks += s.n
	}
	return bytes, chunks
}

// pendingLocked returns the number of lines that are not settled.
func (q *queue) pendingLocked() int {
	lines := q.disk.lines
	for _, s := range q.unsettledLocked() {
		lines += s.lines
	}
	return lines
}

// unsettledLocked returns the stations of chunks that are not settled.
func (q *queue) unsettledLocked() [4]*station {
	return [...]*station{&q.flight, &q.waiting, &q.disk.writing, &q.disk.replay}
}

// waitingChunks returns the number of chunks that wait in memory.
func (q *queue) waitingChunks() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.n + q.disk.replay.n
}

// keptForRedo returns the number of chunks that are kept for a redo.
func (q *queue) keptForRedo() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.redo.n
}

// newest returns the number of the newest chunk.
func (q *queue) newest() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.seq
}

// unsettled returns a channel that is closed when chunks are settled, or nil if
// all up to number last are. first reports whether it is the first call to wait.
func (q *queue) unsettled(last int64) (progress <-chan struct{}, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isSettledLocked(last) {
		return nil, false
	}
	if first = q.progress == nil; first {
		q.progress = make(chan struct{})
	}
	return q.progress, first
}

// isSettled reports whether nothing is pending, in memory and on disk.
func (q *queue) isSettled() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.isSettledLocked(q.seq)
}

// isSettledLocked reports whether all chunks up to number last are settled.
func (q *queue) isSettledLocked(last int64) bool {
	oldest := q.oldestLocked()
	return (oldest == nil || oldest.seq > last) && q.disk.lines == 0 && !q.disk.unknown || q.abandoned
}

// oldestLocked returns the oldest chunk that is not settled, or nil.
func (q *queue) oldestLocked() *chunk {
	var oldest *chunk
	for _, s := range q.unsettledLocked() {
		if s.n > 0 && (oldest == nil || s.front().seq < oldest.seq) {
			oldest = s.front()
		}
	}
	return oldest
}

// isAwaited reports whether a call waits until chunks are settled.
func (q *queue) isAwaited() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.progress != nil
}

// ledger returns the counts of the book, and as pending the lines that are really
// there: a test that finds a difference has found a line that was lost. Those that
// the owner of a shared book has counted and not sent are not among them.
func (q *queue) ledger() ledger.Ledger {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.book.Ledger()
	l.Pending = int64(q.pendingLocked())
	return l
}
