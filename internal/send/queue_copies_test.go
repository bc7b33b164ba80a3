package send

import (
	"testing"
	"time"
)

// copied returns a queue with one chunk of three lines in flight that has a copy on
// disk, with number 7.
func copied(t *testing.T) *queue {
	t.Helper()
	q, now := newTestQueue(10_000), time.Now()
	q.accept([]byte("a\nb\nc\n"), 3, now)
	q.take(1 << 20)
	for _, c := range q.longInFlight(now, true) {
		q.unpin(c, 7)
	}
	return q
}

// The book has at any moment how many pending lines are on disk.
func TestPendingLinesOnDiskAreCounted(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name   string
		change func(*queue)
		want   int64
	}{
		{"copied", func(*queue) {}, 3},
		{"given back", func(q *queue) { q.putBack() }, 3},
		{"settled", func(q *queue) { q.settle(0) }, 0},
		{"settled in part", func(q *queue) { q.settlePart(1, 1, "rejected") }, 1},
		{"settled in part and paused", func(q *queue) { q.settlePart(1, 1, "rejected"); q.pause(nil) }, 0},
		{"acknowledged", func(q *queue) { q.acknowledge(6, now) }, 0},
		{"recalled", func(q *queue) { q.acknowledge(6, now); q.recall() }, 3},
		{"copy gone", func(q *queue) { q.forgetCopies(7) }, 0},
		{"another copy gone", func(q *queue) { q.forgetCopies(6) }, 3},
		{"copy gone before a recall", func(q *queue) { q.acknowledge(6, now); q.forgetCopies(7); q.recall() }, 0},
		{"copy not durable", func(q *queue) { q.unwritten(7) }, 0},
		{"copy not durable before a recall", func(q *queue) { q.acknowledge(6, now); q.unwritten(7); q.recall() }, 0},
		{"halved", func(q *queue) { q.halve() }, 0},
		{"expired", func(q *queue) { q.putBack(); q.expire(now.Add(24 * time.Hour)) }, 0},
		{"kept by Close", func(q *queue) { q.abandon() }, 3},
		{"not on disk before Close gives up", func(q *queue) {
			q.settle(0)
			q.accept([]byte("d\n"), 1, now)
			q.take(1 << 20)
			all := q.longInFlight(now, true)
			q.abandon()
			q.unpin(all[0], 8)
		}, 0},
	} {
		q := copied(t)
		tt.change(q)
		if n := q.book.OnDisk(); n != tt.want {
			t.Errorf("%s: %d lines count as on disk, want %d", tt.name, n, tt.want)
		}
		if l := q.ledger(); l.Check() != nil || l.Pending != q.book.Ledger().Pending {
			t.Errorf("%s: ledger %v, and that of the book is %v", tt.name, l, q.book.Ledger())
		}
	}
}
