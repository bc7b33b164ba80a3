package send

import (
	"maps"
	"time"

	"monkit.example/reporters/ledger"
)

// reasons lists every reason for which a Sender drops lines.
var reasons = [...]ledger.Reason{
	ledger.QueueFull, ledger.Expired, ledger.Rejected, ledger.Oversize, ledger.Closed, ledger.Ambiguous,
}

// item is a payload in the queue. The mutex of its queue guards all fields,
// except that run reads the bytes of payload, and off, without it: run alone
// changes those of an item in flight.
type item struct {
	payload    []byte
	lines      int
	seq        int64 // number of the accepted payload; its pieces share it
	acceptedAt time.Time
	off        int // start of the first line that was not acknowledged

	budget *searchBudget // set while lines that the peer rejects are searched
}

// queue holds the payloads that are not settled, oldest first, and counts
// lines for the ledger. Its first items may be in flight: being delivered, or
// written and not acknowledged. They stay in their places. It has no mutex:
// Sender.mu guards the queue of a Sender.
type queue struct {
	items    []*item // before head they are nil
	head     int
	inFlight int
	bytes    int
	// abandoned is set by Close when it gives up. The queue is empty then, and
	// an item that was in flight must not be counted again.
	abandoned bool

	seq       int64 // of the newest accepted item
	accepted  int64 // lines, as all but sentBytes
	delivered int64
	pending   int64
	dropped   ledger.Counts
	sentBytes int64
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) at(i int) *item { return q.items[q.head+i] }

// accept counts the lines of a new item as pending, until they are settled.
func (q *queue) accept(it *item) {
	q.seq++
	it.seq = q.seq
	q.accepted += int64(it.lines)
	q.pending += int64(it.lines)
}

// push appends an accepted item.
func (q *queue) push(it *item) {
	if q.head > 32 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, it)
	q.bytes += len(it.payload)
}

// remove deletes item i, whose lines must be settled. It moves the items before
// i, which are few.
func (q *queue) remove(i int) {
	it := q.at(i)
	q.bytes -= len(it.payload)
	for ; i > 0; i-- {
		q.items[q.head+i] = q.items[q.head+i-1]
	}
	q.items[q.head] = nil
	q.head++
}

// replaceFirst puts the two pieces of the first item in its place.
func (q *queue) replaceFirst(a, b *item) {
	if q.head == 0 {
		q.items = append([]*item{nil}, q.items...)
		q.head = 1
	}
	q.head--
	q.items[q.head], q.items[q.head+1] = a, b
}

func (q *queue) countDelivered(lines int) {
	q.pending -= int64(lines)
	q.delivered += int64(lines)
}

func (q *queue) countDropped(lines int, reason ledger.Reason) {
	q.pending -= int64(lines)
	q.dropped.Count(reason, int64(lines))
}

// drop counts the lines of item i as dropped and removes it.
func (q *queue) drop(i int, reason ledger.Reason) {
	q.countDropped(q.at(i).lines, reason)
	q.remove(i)
}

// makeRoom drops the oldest items that are not in flight until n more bytes
// fit. It reports false if they do not fit even then.
func (q *queue) makeRoom(n, maxBytes int) bool {
	for q.isFull(n, maxBytes) && q.len() > q.inFlight {
		q.drop(q.inFlight, ledger.QueueFull)
	}
	return !q.isFull(n, maxBytes)
}

// minItemBytes bounds the number of items to about one for each so many bytes of
// the queue's size. An item needs some 100 bytes besides its payload: without
// this bound tiny payloads would need many times the memory of the queue.
const minItemBytes = 64

func (q *queue) isFull(n, maxBytes int) bool {
	return q.bytes > maxBytes-n || q.len() >= maxBytes/minItemBytes+1
}

// expire drops the items that were accepted before t and are not in flight.
func (q *queue) expire(t time.Time) {
	for q.len() > q.inFlight && q.at(q.inFlight).acceptedAt.Before(t) {
		q.drop(q.inFlight, ledger.Expired)
	}
}

// abandon drops every item, those in flight too, and returns the number of
// lines.
func (q *queue) abandon() int64 {
	lines := q.pending
	q.inFlight = 0
	for q.len() > 0 {
		q.drop(0, ledger.Closed)
	}
	q.abandoned = true
	return lines
}

func (q *queue) ledger() ledger.Ledger {
	return ledger.Ledger{Accepted: q.accepted, Delivered: q.delivered, Pending: q.pending, Dropped: maps.Clone(q.dropped)}
}
