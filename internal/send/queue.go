package send

import (
	"maps"
	"time"

	"monkit.example/reporters/ledger"
)

// reasons are all by which a Sender drops lines.
var reasons = [...]ledger.Reason{
	ledger.QueueFull, ledger.Expired, ledger.Rejected, ledger.Oversize, ledger.Closed, ledger.Ambiguous,
}

// item is a payload in the queue. All but payload's bytes and off belongs to
// the queue's lock.
type item struct {
	payload []byte
	lines   int
	seq     int64     // pieces of a payload share it
	at      time.Time // when it was accepted
	off     int       // what is before it has arrived; the start of a line
	search  *search   // set while a bad line is looked for
}

// queue holds what waits, oldest first, and the ledger. The first busy items
// are being delivered and stay where they are.
type queue struct {
	items []*item
	head  int // of items
	busy  int
	bytes int
	gone  bool // Close gave up: nothing counts any more

	seq       int64 // of the newest accepted
	accepted  int64
	delivered int64
	pending   int64
	dropped   ledger.Counts

	sentBytes int64
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) at(i int) *item { return q.items[q.head+i] }

// accept takes lines over; they are pending until settled.
func (q *queue) accept(it *item) {
	q.seq++
	it.seq = q.seq
	q.accepted += int64(it.lines)
	q.pending += int64(it.lines)
}

// push puts an accepted item at the end.
func (q *queue) push(it *item) {
	if q.head > 32 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, it)
	q.bytes += len(it.payload)
}

// remove takes out item i, of the front; its lines must be settled.
func (q *queue) remove(i int) {
	it := q.at(i)
	q.bytes -= len(it.payload)
	for ; i > 0; i-- {
		q.items[q.head+i] = q.items[q.head+i-1]
	}
	q.items[q.head] = nil
	q.head++
}

// replace puts two pieces where the first item is.
func (q *queue) replace(a, b *item) {
	if q.head == 0 {
		q.items = append([]*item{nil}, q.items...)
		q.head = 1
	}
	q.head--
	q.items[q.head], q.items[q.head+1] = a, b
}

func (q *queue) settleDelivered(lines int) {
	q.pending -= int64(lines)
	q.delivered += int64(lines)
}

func (q *queue) settleDropped(lines int, reason ledger.Reason) {
	q.pending -= int64(lines)
	q.dropped.Count(reason, int64(lines))
}

// dropAt drops item i.
func (q *queue) dropAt(i int, reason ledger.Reason) {
	q.settleDropped(q.at(i).lines, reason)
	q.remove(i)
}

// room drops the oldest items that are not busy until n more bytes fit, and
// tells whether they do.
func (q *queue) room(n, maxBytes int) bool {
	for q.tight(n, maxBytes) && q.len() > q.busy {
		q.dropAt(q.busy, ledger.QueueFull)
	}
	return !q.tight(n, maxBytes)
}

// An item costs some 100 bytes besides its payload. This keeps tiny payloads
// from multiplying the bound.
const meanest = 64

func (q *queue) tight(n, maxBytes int) bool {
	return q.bytes > maxBytes-n || q.len() >= maxBytes/meanest+1
}

// expire drops what has waited since before.
func (q *queue) expire(before time.Time) {
	for q.len() > q.busy && q.at(q.busy).at.Before(before) {
		q.dropAt(q.busy, ledger.Expired)
	}
}

// abandon drops everything and stops counting.
func (q *queue) abandon() int64 {
	lost := q.pending
	q.busy = 0
	for q.len() > 0 {
		q.dropAt(0, ledger.Closed)
	}
	q.gone = true
	return lost
}

func (q *queue) ledger() ledger.Ledger {
	return ledger.Ledger{Accepted: q.accepted, Delivered: q.delivered, Pending: q.pending, Dropped: maps.Clone(q.dropped)}
}
