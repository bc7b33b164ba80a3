package send

import (
	"fmt"
	"testing"
	"time"

	"monkit.example/reporters/ledger"
)

// newTestQueue returns a queue of so many bytes whose chunks are not joined.
func newTestQueue(bytes int) *queue {
	return &queue{bounds: bounds{bytes: bytes, age: time.Hour, redoBytes: 1000, redoAge: time.Minute}, book: ledger.NewBook(), ages: newTimes(agesMeasurement, "x")}
}

func TestStationIsARing(t *testing.T) {
	var s station
	next, oldest := 0, 0
	for range 1000 {
		for range 3 {
			s.pushBack(&chunk{buf: []byte("a 1\n"), lines: 1, seq: int64(next)})
			next++
		}
		for range 2 + s.n/100 {
			if c := s.popFront(); c.seq != int64(oldest) {
				t.Fatalf("chunk %d is the oldest, want %d", c.seq, oldest)
			}
			oldest++
		}
	}
	if s.n != next-oldest || s.bytes != 4*s.n || s.lines != s.n || len(s.ring) > 1024 {
		t.Errorf("%d chunks of %d bytes and %d lines in a ring of %d, want %d", s.n, s.bytes, s.lines, len(s.ring), next-oldest)
	}
	s.pushFront(&chunk{seq: -1})
	if s.front().seq != -1 || s.popBack().seq != int64(next-1) || s.popFront().seq != -1 {
		t.Error("chunks at the ends are not in order")
	}
	for s.n > 0 {
		s.popBack()
	}
	if s.bytes != 0 || s.lines != 0 {
		t.Errorf("an empty station has %d bytes and %d lines", s.bytes, s.lines)
	}
	for _, c := range s.ring {
		if c != nil {
			t.Fatal("the ring of an empty station refers to a chunk")
		}
	}
}

func TestEmptyStationKeepsASmallRingOnly(t *testing.T) {
	var s station
	for range 2 * maxIdleRing {
		s.pushBack(&chunk{})
	}
	for s.n > 0 {
		s.popFront()
	}
	if len(s.ring) > maxIdleRing {
		t.Errorf("an empty station has room for %d chunks", len(s.ring))
	}
}

func TestBuffersFit(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 1432, 64 << 10, 64<<10 + 1, maxBuffer, maxBuffer + 1, 3 << 20} {
		c := newChunk(size)
		if cap(c.buf) < size || cap(c.buf) > max(2*size, minBuffer) || len(c.buf) != 0 {
			t.Errorf("a chunk for %d bytes has a buffer of %d", size, cap(c.buf))
		}
		c.append(make([]byte, size+1), 1)
		if len(c.buf) != size+1 || c.lines != 1 {
			t.Errorf("%d bytes and %d lines", len(c.buf), c.lines)
		}
		c.seq, c.sealed, c.ackedAt = 7, true, time.Now()
		c.recycle()
		for range 3 { // of which one may be the recycled chunk
			if d := newChunk(size); len(d.buf) != 0 || d.lines != 0 || d.sealed || !d.ackedAt.IsZero() {
				t.Errorf("a new chunk is %+v", d)
			}
		}
	}
}

func TestHalvesAreNotRecycled(t *testing.T) {
	c := newChunk(2048)
	for len(c.buf) < 2048 {
		c.append(fmt.Appendf(nil, "%-127d\n", len(c.buf)), 1)
	}
	a, b := c.halves()
	want := string(b.buf)
	a.recycle()
	d := newChunk(1024)
	d.append(make([]byte, 1024), 1)
	if string(b.buf) != want {
		t.Error("a later chunk overwrites the second half")
	}
	if a.lines+b.lines != 16 {
		t.Errorf("the halves have %d and %d lines", a.lines, b.lines)
	}
}

func TestPayloadsJoinTheNewestWaitingChunk(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	q := newTestQueue(10_000)
	q.chunkSize = 300
	for range 4 { // three fit
		q.accept(line100("a"), 1, now)
	}
	if q.waiting.n != 2 || len(q.waiting.front().buf) != 300 || q.waiting.lines != 4 || q.waiting.bytes != 400 {
		t.Errorf("%d chunks, the first of %d bytes", q.waiting.n, len(q.waiting.front().buf))
	}
	q.take(0)
	q.take(1 << 10)
	q.putBack()
	q.accept(line100("b"), 1, now)
	if q.waiting.n != 3 {
		t.Error("a payload joined a chunk that was sent before")
	}
	q.accept(line100("c"), 1, now.Add(time.Hour/joinShare+1))
	if q.waiting.n != 4 {
		t.Error("a payload joined a chunk that is much older")
	}
	q.limitChunks(100)
	q.accept(line100("d"), 1, now.Add(time.Hour/joinShare+1))
	if q.waiting.n != 5 {
		t.Error("a payload joined a chunk beyond the limit that the peer has")
	}
	q.abandon()
	if got, want := q.ledger().String(), "accepted=7 delivered=0 dropped=7(closed=7) pending=0"; got != want {
		t.Errorf("ledger: %s\n  want: %s", got, want)
	}
}

func TestTinyPayloadsDoNotMultiplyTheBound(t *testing.T) {
	q := newTestQueue(640)
	for range 100 {
		q.accept([]byte("\n"), 1, time.Now())
	}
	if q.waiting.n != 640/minChunkBytes+1 {
		t.Errorf("a queue of 640 bytes has %d chunks", q.waiting.n)
	}
	if l := q.ledger(); l.Check() != nil || l.Pending != int64(q.waiting.n) {
		t.Errorf("ledger: %v", l)
	}
}

// line100 returns a line of 100 bytes that starts with name.
func line100(name string) []byte {
	return fmt.Appendf(nil, "%-99s\n", name)
}

func TestChunksInFlightAreNeitherExpiredNorReplaced(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	q := newTestQueue(400)
	for _, name := range []string{"a", "b", "c", "d"} {
		q.accept(line100(name), 1, at)
	}
	q.take(0)
	q.take(1 << 10)
	q.accept(line100("e"), 1, at)
	if next := q.expire(at.Add(time.Hour)); !next.Equal(at.Add(time.Hour + 1)) {
		t.Errorf("the next chunk expires at %v", next)
	}
	if q.waiting.n != 2 || q.waiting.front().buf[0] != 'd' {
		t.Errorf("%d chunks wait, want d and e", q.waiting.n)
	}
	if next := q.expire(at.Add(time.Hour + 1)); !next.IsZero() {
		t.Errorf("the next chunk expires at %v, but none waits", next)
	}
	q.accept(make([]byte, 201), 1, at)
	if q.flight.n != 2 || q.flight.front().buf[0] != 'a' || q.waiting.n != 0 {
		t.Errorf("%d chunks in flight and %d wait, want a and b in flight", q.flight.n, q.waiting.n)
	}
	if got, want := q.ledger().String(), "accepted=6 delivered=0 dropped=4(expired=2,queue_full=2) pending=2"; got != want {
		t.Errorf("ledger: %s\n  want: %s", got, want)
	}
}

func TestAcknowledgedChunksAreKeptForARedo(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	q := newTestQueue(10_000)
	names := func(s *station) (names string) {
		for i := range s.n {
			names += string(s.at(i).buf[0])
		}
		return names
	}
	send := func(name string) {
		q.accept(line100(name), 1, now)
		q.take(1 << 20)
	}
	send("a")
	send("b")
	q.acknowledge(199, now) // b is not whole
	send("c")
	q.acknowledge(100, now.Add(time.Second))
	if names(&q.redo) != "ab" || names(&q.flight) != "c" {
		t.Errorf("%q are kept and %q in flight", names(&q.redo), names(&q.flight))
	}
	if n := q.recall(); n != 2 || names(&q.waiting) != "abc" || q.redo.n+q.flight.n != 0 {
		t.Errorf("%d lines were recalled, and %q wait", n, names(&q.waiting))
	}
	if got, want := q.ledger().String(), "accepted=3 delivered=0 dropped=0 pending=3 recalled=2"; got != want {
		t.Errorf("ledger: %s\n  want: %s", got, want)
	}
	for range 3 {
		q.take(1 << 20)
	}
	q.acknowledge(300, now.Add(2*time.Second))
	if next := q.trimRedo(now.Add(time.Minute)); names(&q.redo) != "bc" || !next.Equal(now.Add(time.Minute+time.Second)) {
		t.Errorf("a minute after the first acknowledgement %q are kept, the next until %v", names(&q.redo), next)
	}
	q.recall()
	q.take(1 << 20)
	q.acknowledge(100, now.Add(61*time.Second)) // b was acknowledged first a minute ago
	if q.redo.n != 0 {
		t.Errorf("%q are kept for longer than a minute", names(&q.redo))
	}
	q.abandon()
	if got, want := q.ledger().String(), "accepted=3 delivered=2 dropped=1(closed=1) pending=0 recalled=4"; got != want {
		t.Errorf("ledger: %s\n  want: %s", got, want)
	}
}

func TestRedoIsBoundedInBytesAndChunks(t *testing.T) {
	for _, tt := range []struct {
		size, most int // of a payload; chunks
	}{{100, 10}, {1, 1000 / minChunkBytes}} {
		now := time.Now()
		q := newTestQueue(1 << 20)
		for range 50 {
			q.accept(make([]byte, tt.size), 1, now)
			q.take(1 << 20)
			q.acknowledge(tt.size, now)
		}
		if q.redo.n != tt.most {
			t.Errorf("%d chunks of %d bytes are kept, want %d", q.redo.n, tt.size, tt.most)
		}
		if got, want := q.ledger().String(), "accepted=50 delivered=50 dropped=0 pending=0"; got != want {
			t.Errorf("ledger: %s\n  want: %s", got, want)
		}
	}
}

func TestRecentLossIsNamedForAMinute(t *testing.T) {
	q := newTestQueue(100)
	q.accept(line100("a"), 1, time.Now())
	if err := q.recentLoss(time.Now()); err != nil {
		t.Error(err)
	}
	q.accept(line100("b"), 1, time.Now())
	if err := q.recentLoss(time.Now()); err == nil || err.Error() != "lines were dropped within the last minute, the last ones as "+string(ledger.QueueFull) {
		t.Errorf("recentLoss() = %v", err)
	}
	if err := q.recentLoss(time.Now().Add(time.Minute)); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	if err := q.ledger().Check(); err != nil {
		t.Error(err)
	}
}

func TestBytesOfAChunkAreCountedAsItEnds(t *testing.T) {
	for _, tt := range []struct {
		name          string
		lines         int // of the chunk of 100 bytes
		end           func(q *queue)
		sent, dropped int64 // bytes
		want          string
	}{
		{"delivered", 3, func(q *queue) { q.settle(0) }, 100, 0, "accepted=3 delivered=3 dropped=0 pending=0"},
		{"delivered in part", 3, func(q *queue) { q.settle(2) }, 100, 0, "accepted=3 delivered=1 dropped=2(rejected=2) pending=0"},
		{"taken, and all lines rejected", 3, func(q *queue) { q.settle(3) }, 100, 0, "accepted=3 delivered=0 dropped=3(rejected=3) pending=0"},
		{"dropped", 3, func(q *queue) { q.drop(ledger.Oversize) }, 0, 100, "accepted=3 delivered=0 dropped=3(oversize=3) pending=0"},
		{"dropped, part of a line", 0, func(q *queue) { q.drop(ledger.Oversize) }, 0, 0, "accepted=0 delivered=0 dropped=0 pending=0"},
		{"expired", 3, func(q *queue) { q.putBack(); q.expire(time.Now().Add(2 * time.Hour)) }, 0, 100, "accepted=3 delivered=0 dropped=3(expired=3) pending=0"},
		{"searched", 3, func(q *queue) { q.settlePart(1, 2, ledger.Rejected); q.settle(0) }, 100, 0, "accepted=3 delivered=1 dropped=2(rejected=2) pending=0"},
		{"after Close", 3, func(q *queue) { q.abandon(); q.settle(0); q.drop(ledger.Oversize) }, 0, 100, "accepted=3 delivered=0 dropped=3(closed=3) pending=0"},
	} {
		q := newTestQueue(1000)
		q.accept(line100("a"), tt.lines, time.Now())
		q.take(1000)
		tt.end(q)
		if q.sentBytes != tt.sent || q.droppedBytes != tt.dropped {
			t.Errorf("%s: %d bytes sent and %d dropped, want %d and %d", tt.name, q.sentBytes, q.droppedBytes, tt.sent, tt.dropped)
		}
		if l := q.ledger(); l.Check() != nil || l.String() != tt.want {
			t.Errorf("%s: ledger %v, want %s", tt.name, l, tt.want)
		}
	}
}
