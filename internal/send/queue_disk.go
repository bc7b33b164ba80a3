package send

import (
	"bytes"
	"slices"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// What waits in memory for longer than memoryTime, or is more than
	// memoryBytes, is written to disk, oldest first. So is what is in flight for
	// longer than memoryTime.
	memoryTime  = 250 * time.Millisecond
	memoryBytes = 1 << 20

	// replayBytes is how much is read from disk before it is sent.
	replayBytes = 256 << 10
	// replayShare is the part of the sent bytes that comes from disk while there
	// is newer data, too.
	replayShare = 5
)

// disk is what a queue knows of its chunks on disk. Its queue's mutex guards it.
// The zero value is that of a queue without a disk.
type disk struct {
	wake     func()  // wakes the keeper, which writes; nil if there is none
	idle     bool    // nothing is due, and the keeper sleeps
	writing  station // being written, or written and not durable
	replay   station // read from disk, or on disk as well; waits to be sent
	lines    int     // on disk and not in memory
	expected int     // what lines began with
	unknown  bool    // the keeper has not looked yet
	settled  []uint64
	credit   int // bytes of replay that may be sent although newer chunks wait
}

func (d *disk) wakeKeeper() {
	if d.idle = false; d.wake != nil {
		d.wake()
	}
}

// due moves the chunks to writing that have waited in memory for long enough, or
// all if force is set, and returns them.
func (q *queue) due(now time.Time, force bool) (all []*chunk) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.waiting.n > 0 {
		if c := q.waiting.front(); !force && now.Sub(c.at) < memoryTime && q.waiting.bytes <= memoryBytes {
			break
		}
		if c := q.waiting.front(); len(c.buf) > q.bounds.record { // a single line
			q.kept.addOversize(c.buf, c.lines, "a record in the files of this size has", q.bounds.record)
			q.dropFirstLocked(&q.waiting, ledger.Oversize)
			continue
		}
		c := q.waiting.popFront()
		c.sealed = true
		q.disk.writing.pushBack(c)
		all = append(all, c)
	}
	if force {
		all = append(all, q.dueReplayLocked()...)
	}
	return all
}

// dueReplayLocked does the same for the chunks beside the newer ones that have no
// copy on disk: it is gone, or a search has settled some of its lines.
func (q *queue) dueReplayLocked() (all []*chunk) {
	for range q.disk.replay.n {
		c := q.disk.replay.popFront()
		if c.spoolSeq > 0 {
			q.disk.replay.pushBack(c)
			continue
		}
		if c.search != nil {
			c.buf, c.search, c.shared = c.search.rest(), nil, true
		}
		q.disk.writing.pushBack(c)
		all = append(all, c)
	}
	return all
}

// cutForDisk returns how many bytes of payload, which is whole lines, a record on
// disk can hold, and their share of its lines. It returns all if limit is 0, or if
// the first line alone is larger.
func cutForDisk(payload []byte, lines, limit int) (n, share int) {
	if limit == 0 || len(payload) <= limit {
		return len(payload), lines
	}
	if n = bytes.LastIndexByte(payload[:limit], '\n') + 1; n == 0 {
		n = bytes.IndexByte(payload, '\n') + 1
	}
	if n == 0 || n == len(payload) {
		return len(payload), lines
	}
	all := bytes.Count(payload, newline)
	if payload[len(payload)-1] != '\n' {
		all++
	}
	return n, int(int64(lines) * int64(bytes.Count(payload[:n], newline)) / int64(all))
}

// nextDue returns when the oldest chunk is due that is in memory only, or zero if
// there is none: accept reports then that the next one is there.
func (q *queue) nextDue() (next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting.n > 0 {
		next = q.waiting.front().at.Add(memoryTime)
	}
	for i := range q.flight.n {
		if c := q.flight.at(i); c.spoolSeq == 0 {
			next = earlier(next, c.at.Add(memoryTime))
			break
		}
	}
	q.disk.idle = next.IsZero()
	return next
}

// pinned is a chunk in flight with the number of its lines that were not settled.
type pinned struct {
	*chunk
	lines int
}

// longInFlight returns the chunks that are in flight for long, or all if force is
// set, and not on disk. It pins them, so that their bytes stay as they are: unpin
// must be called for each.
func (q *queue) longInFlight(now time.Time, force bool) (all []pinned) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.flight.n {
		if c := q.flight.at(i); c.spoolSeq == 0 && (force || now.Sub(c.at) >= memoryTime) {
			c.pinned = true
			all = append(all, pinned{c, c.lines})
		}
	}
	return all
}

// written sets the sequence number of a chunk in writing.
func (q *queue) written(c *chunk, seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.copiedLocked(c, seq)
}

// copiedLocked notes that a chunk has a copy on disk.
func (q *queue) copiedLocked(c *chunk, seq uint64) {
	if c.spoolSeq = seq; seq > 0 && !q.abandoned {
		q.book.Spooled(int64(c.lines))
	}
}

// uncopiedLocked notes that the copy of a chunk on disk, if it has one, is gone.
func (q *queue) uncopiedLocked(c *chunk) {
	if c.spoolSeq > 0 && !c.settled {
		q.book.Unspooled(int64(c.lines))
	}
	c.spoolSeq = 0
}

// unpin ends what longInFlight began. seq is that of the copy on disk, or 0 if
// there is none. It reports whether the chunk is still in memory.
func (q *queue) unpin(c pinned, seq uint64) (inMemory bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.pinned = false
	if !c.settled {
		q.copiedLocked(c.chunk, seq)
	}
	return !c.settled
}

// durable frees the memory of the chunks that were written.
func (q *queue) durable() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.disk.writing.n > 0 && q.disk.writing.front().spoolSeq > 0 {
		c := q.disk.writing.popFront()
		q.disk.lines += c.lines
		c.recycle()
	}
}

// copiedStations returns the stations of chunks in memory that may have durable
// copies on disk.
func (q *queue) copiedStations() [3]*station {
	return [...]*station{&q.flight, &q.disk.replay, &q.redo}
}

// unwritten moves the chunks back to waiting that are not on disk, or whose
// copies there are gone: those with sequence numbers from first on, or none.
func (q *queue) unwritten(first uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.copiedStations() {
		for i := range s.n {
			if c := s.at(i); c.spoolSeq >= first {
				q.uncopiedLocked(c)
			}
		}
	}
	for q.disk.writing.n > 0 {
		c := q.disk.writing.back()
		if c.spoolSeq > 0 && c.spoolSeq < first {
			break
		}
		q.uncopiedLocked(c)
		q.waiting.pushFront(q.disk.writing.popBack())
	}
}

// forgetCopies forgets the copies on disk of chunks in memory, up to sequence
// number last. It returns the lines of those that were being written.
func (q *queue) forgetCopies(last uint64) (lines int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.copiedStations() {
		for i := range s.n {
			if c := s.at(i); c.spoolSeq <= last {
				q.uncopiedLocked(c)
			}
		}
	}
	var again []*chunk
	for w := &q.disk.writing; w.n > 0 && w.front().spoolSeq > 0 && w.front().spoolSeq <= last; {
		c := w.popFront()
		q.uncopiedLocked(c)
		lines += c.lines
		again = append(again, c)
	}
	for _, c := range slices.Backward(again) {
		q.waiting.pushFront(c)
	}
	return lines
}

// noneWritten is a sequence number that no record has.
const noneWritten = 1<<64 - 1

// wantsReplay reports whether more should be read from disk.
func (q *queue) wantsReplay() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.abandoned && q.disk.replay.bytes < replayBytes
}

// addReplay adds a chunk that was read from disk. Its number is 0, so that every
// Flush waits for it.
func (q *queue) addReplay(c *chunk) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.sealed = true
	q.disk.lines -= c.lines
	q.disk.replay.pushBack(c)
}

// expect sets the number of lines that should be on disk: what was pending when
// the last run ended.
func (q *queue) expect(lines int) {
	q.disk.lines, q.disk.expected, q.disk.unknown = lines, lines, true
}

// found corrects that by what the spool really has.
func (q *queue) found(lines int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.disk.lines += lines - q.disk.expected
	q.disk.unknown = false
	q.notifyLocked()
}

// countCorrupt counts lines that should be on disk and whose records are damaged,
// and returns their number. The number of damaged lines is an estimate; that of the
// lines that are found is exact, but some of these may have been sent.
func (q *queue) countCorrupt(found, damaged int64) int64 {
	if damaged == 0 {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	onDisk := q.book.OnDisk()
	n := max(min(max(onDisk-found, damaged), onDisk), 0)
	q.book.Unspooled(n)
	q.countDroppedLocked(int(n), 0, ledger.Corrupt)
	return n
}

// notFound ends the wait for what is on disk, since that cannot be opened now.
func (q *queue) notFound() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.disk.unknown = false
	q.notifyLocked()
}

// loseOnDisk counts lines on disk as dropped.
func (q *queue) loseOnDisk(lines, bytes int, reason ledger.Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.disk.lines -= lines
	q.book.Unspooled(int64(lines))
	q.countDroppedLocked(lines, bytes, reason)
	q.notifyLocked()
}

// takeSettled returns the sequence numbers of chunks on disk that were settled
// since the last call.
func (q *queue) takeSettled() []uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.disk.settled
	q.disk.settled = nil
	return all
}

// nextLocked returns the station of which the oldest chunk is sent next, or nil
// if nothing waits. Newer data has precedence, but leaves a share for what comes
// from disk.
func (q *queue) nextLocked() *station {
	replay := &q.disk.replay
	switch {
	case replay.n == 0 && q.waiting.n == 0:
		return nil
	case replay.n == 0:
		return &q.waiting
	case q.waiting.n == 0 || q.disk.credit >= len(replay.front().buf):
		return replay
	}
	return &q.waiting
}

// chargeLocked keeps the share of the replay when a chunk is taken from s.
func (q *queue) chargeLocked(s *station, size int) {
	if s == &q.disk.replay {
		q.disk.credit = max(q.disk.credit-size, 0)
		q.disk.wakeKeeper() // there is room for another
	} else {
		q.disk.credit = min(q.disk.credit+size/(replayShare-1), replayBytes)
	}
}

// settledLocked notes that a chunk will be counted as settled, and that its copy on
// disk is not needed.
func (q *queue) settledLocked(c *chunk) {
	q.acknowledgedLocked(c)
	q.releaseLocked(c)
}

// acknowledgedLocked does the same for a chunk whose copy may still be needed.
func (q *queue) acknowledgedLocked(c *chunk) {
	if c.spoolSeq > 0 && !c.settled {
		q.book.Unspooled(int64(c.lines))
	}
	c.settled = true
}

// releaseLocked has the keeper release the copy of a settled chunk, if it has one.
func (q *queue) releaseLocked(c *chunk) {
	if c.spoolSeq > 0 {
		q.disk.settled = append(q.disk.settled, c.spoolSeq)
		c.spoolSeq = 0
		q.disk.wakeKeeper()
	}
}
