package send

import (
	"fmt"
	"testing"
	"time"

	"monkit.example/reporters/ledger"
)

func TestQueueReusesItsMemory(t *testing.T) {
	var q queue
	for n := range 10_000 {
		it := &item{payload: []byte("a 1\n"), lines: 1, acceptedAt: time.Unix(int64(n), 0)}
		q.accept(it)
		q.push(it)
		if q.len() > 5 {
			q.drop(0, ledger.QueueFull)
		}
	}
	if cap(q.items) > 200 {
		t.Errorf("a queue of %d items has memory for %d", q.len(), cap(q.items))
	}
	held := 0
	for _, it := range q.items[:cap(q.items)] {
		if it != nil {
			held++
		}
	}
	if held != q.len() || q.at(0).acceptedAt.Unix() != 10_000-5 || q.bytes != 5*4 {
		t.Errorf("a queue of %d items holds %d, from number %d on, and %d bytes", q.len(), held, q.at(0).acceptedAt.Unix(), q.bytes)
	}
}

func TestTinyPayloadsDoNotMultiplyTheBound(t *testing.T) {
	var q queue
	for range 100 {
		it := &item{payload: []byte("\n"), lines: 1}
		q.accept(it)
		if !q.makeRoom(1, 640) {
			t.Fatal("there is no room for a byte")
		}
		q.push(it)
	}
	if q.len() != 640/minItemBytes+1 {
		t.Errorf("a queue of 640 bytes has %d items", q.len())
	}
	if l := q.ledger(); l.Check() != nil || l.Pending != int64(q.len()) {
		t.Errorf("ledger: %v", l)
	}
}

// line100 returns a line of 100 bytes that starts with name.
func line100(name string) []byte {
	return fmt.Appendf(nil, "%-99s\n", name)
}

func TestItemsInFlightKeepTheirPlace(t *testing.T) {
	var q queue
	for _, name := range []string{"a", "b", "c", "d"} {
		it := &item{payload: line100(name), lines: 1, acceptedAt: time.Unix(1, 0)}
		q.accept(it)
		q.push(it)
	}
	q.inFlight = 2
	if !q.makeRoom(100, 400) {
		t.Error("there is no room for 100 of 400 bytes")
	}
	q.expire(time.Unix(1, 0)) // is not before itself
	if q.len() != 3 || q.at(2).payload[0] != 'd' {
		t.Errorf("%d items are left, the newest of which is %c", q.len(), q.at(q.len() - 1).payload[0])
	}
	q.expire(time.Unix(2, 0))
	if q.len() != 2 || q.at(0).payload[0] != 'a' || q.at(1).payload[0] != 'b' {
		t.Errorf("%d items are left, want the two in flight", q.len())
	}
	if q.makeRoom(201, 400) {
		t.Error("makeRoom dropped items in flight")
	}
	if got, want := q.ledger().String(), "accepted=4 delivered=0 dropped=2(expired=1,queue_full=1) pending=2"; got != want {
		t.Errorf("ledger: %s\n  want: %s", got, want)
	}
}
