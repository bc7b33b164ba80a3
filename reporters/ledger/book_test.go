package ledger

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestBookCounts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		count func(*Book)
		want  string
	}{
		{"nothing", func(*Book) {}, "accepted=0 delivered=0 dropped=0 pending=0"},
		{"accepted is pending", func(b *Book) { b.Accept(2) }, "accepted=2 delivered=0 dropped=0 pending=2"},
		{"sent is delivered", func(b *Book) { b.Accept(3); b.Sent(2) }, "accepted=3 delivered=2 dropped=0 pending=1"},
		{"recalled is pending again", func(b *Book) { b.Accept(3); b.Sent(3); b.Recall(1) }, "accepted=3 delivered=2 dropped=0 pending=1 recalled=1"},
		{"sent again is delivered once", func(b *Book) { b.Accept(3); b.Sent(3); b.Recall(1); b.Sent(1) }, "accepted=3 delivered=3 dropped=0 pending=0 recalled=1"},
		{"recalled may be dropped", func(b *Book) { b.Accept(3); b.Sent(3); b.Recall(2); b.Drop(Expired, 2) }, "accepted=3 delivered=1 dropped=2(expired=2) pending=0 recalled=2"},
		{"numbers below one count nothing", func(b *Book) { b.Accept(0); b.Accept(-1); b.Drop(Closed, -1) }, "accepted=0 delivered=0 dropped=0 pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := NewBook()
			tt.count(b)
			if got := b.Ledger(); got.String() != tt.want || got.Check() != nil {
				t.Errorf("got %v, want %s (%v)", got, tt.want, got.Check())
			}
			if b.Err() != nil || b.Close() != nil {
				t.Errorf("a book in memory has an error: %v", b.Err())
			}
		})
	}
}

func TestEveryReasonIsCountedByItself(t *testing.T) {
	b, in := NewBook(), NewListenerBook()
	for i, r := range numbered {
		b.Accept(int64(i + 2))
		b.Drop(r, int64(i+1))
		in.Receive(int64(i + 2))
		in.Reject(r, int64(i+1))
	}
	l, li := b.Ledger(), in.Listener()
	for i, r := range numbered {
		if want := int64(i + 1); l.Dropped[r] != want || li.Rejected[r] != want {
			t.Errorf("%s: dropped %d, rejected %d, want %d", r, l.Dropped[r], li.Rejected[r], want)
		}
	}
	if n := int64(len(numbered)); l.Pending != n || li.Pending != n || l.Check() != nil || li.Check() != nil {
		t.Errorf("got %v and %v, want %d pending", l, li, n)
	}
}

// A line that is settled twice must not stay unseen because pending is derived.
func TestCountingALineTwiceIsFound(t *testing.T) {
	for name, count := range map[string]func(*Book){
		"sent twice":             func(b *Book) { b.Sent(2) },
		"sent and dropped":       func(b *Book) { b.Sent(1); b.Drop(Closed, 1) },
		"recalled before it was": func(b *Book) { b.Recall(1) },
	} {
		b := NewBook()
		b.Accept(1)
		count(b)
		if err := b.Ledger().Check(); err == nil || !strings.Contains(err.Error(), "=-1") {
			t.Errorf("%s: %v passes (%v)", name, b.Ledger(), err)
		}
	}
	b := NewListenerBook()
	b.Receive(1)
	b.Accept(1)
	b.Reject(Malformed, 1)
	if b.Listener().Check() == nil {
		t.Errorf("%v passes", b.Listener())
	}
}

// eachBook runs a test with a Book in memory and one in a file.
func eachBook(t *testing.T, test func(t *testing.T, b *Book)) {
	t.Run("memory", func(t *testing.T) { test(t, NewBook()) })
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "book")
		b := openTest(t, path)
		test(t, b)
		want := b.Ledger().String()
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if got, _ := openTest(t, path).Recovered(); got.String() != want {
			t.Errorf("the file has %v, want %s", got, want)
		}
	})
}

// Each goroutine takes its lines through all states, in which each number goes up
// and down, while others read.
func TestLedgerBalancesWheneverItIsRead(t *testing.T) {
	const goroutines, rounds = 4, 20_000
	eachBook(t, func(t *testing.T, b *Book) {
		var writers, readers sync.WaitGroup
		done := make(chan struct{})
		for range 2 {
			readers.Go(func() { readUntil(t, b, done) })
		}
		for range goroutines {
			writers.Go(func() {
				for range rounds {
					b.Accept(2)
					b.Sent(2)
					b.Recall(2)
					b.Sent(1)
					b.Drop(Ambiguous, 1)
				}
			})
		}
		writers.Wait()
		close(done)
		readers.Wait()
		const n = goroutines * rounds
		want := Ledger{Accepted: 2 * n, Delivered: n, Dropped: Counts{Ambiguous: n}, Recalled: 2 * n}
		if got := b.Ledger(); got.String() != want.String() || got.Check() != nil {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// readUntil checks ledgers until done, and once more.
func readUntil(t *testing.T, b *Book, done <-chan struct{}) {
	var before Ledger
	for {
		l := b.Ledger()
		if err := l.Check(); err != nil {
			t.Error(err)
			return
		}
		if l.Accepted < before.Accepted || l.Recalled < before.Recalled || l.Dropped.Sum() < before.Dropped.Sum() {
			t.Errorf("%v follows %v", l, before)
			return
		}
		before = l
		select {
		case <-done:
			return
		default:
		}
	}
}

func TestListenerBalancesWheneverItIsRead(t *testing.T) {
	const goroutines, rounds = 4, 20_000
	b := NewListenerBook()
	var writers sync.WaitGroup
	for range goroutines {
		writers.Go(func() {
			for range rounds {
				b.Receive(3)
				b.Accept(2)
				b.Reject(TooLong, 1)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if err := b.Listener().Check(); err != nil {
			t.Fatal(err)
		}
	}
	const n = goroutines * rounds
	want := Listener{Received: 3 * n, Accepted: 2 * n, Rejected: Counts{TooLong: n}}
	if got := b.Listener(); got.String() != want.String() {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	eachBook(t, func(t *testing.T, b *Book) {
		if n := testing.AllocsPerRun(100, func() { b.Accept(1); b.Drop(Expired, 1) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestDroppedLinesAreTheSumOfAllReasons(t *testing.T) {
	b := NewBook()
	b.Accept(10)
	b.Drop(Expired, 2)
	b.Drop(Corrupt, 3)
	if b.DroppedLines() != 5 || b.Dropped(Expired) != 2 || b.Dropped(QueueFull) != 0 {
		t.Errorf("%d lines dropped, %d as expired", b.DroppedLines(), b.Dropped(Expired))
	}
	if l := b.Ledger(); l.Check() != nil || l.Dropped.Sum() != b.DroppedLines() {
		t.Errorf("ledger: %v", l)
	}
	if n := testing.AllocsPerRun(10, func() { b.DroppedLines() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSettle(t *testing.T) {
	// Before the crash, 3 of 10 lines are pending, 5 delivered and 2 dropped.
	run := func(b *Book) {
		b.Accept(10)
		b.Sent(6)
		b.Recall(1)
		b.Drop(Expired, 2)
	}
	for _, tt := range []struct {
		name        string
		run         func(*Book)
		onDisk      int64
		again, lost int64
		want        string
	}{
		{"as many on disk", run, 3, 0, 0, "accepted=10 delivered=5 dropped=2(expired=2) pending=3 recalled=1"},
		{"fewer on disk are lost", run, 1, 0, 2, "accepted=10 delivered=5 dropped=4(crash=2,expired=2) pending=1 recalled=1"},
		{"no spool", run, 0, 0, 3, "accepted=10 delivered=5 dropped=5(crash=3,expired=2) pending=0 recalled=1"},
		{"a negative number is none", run, -4, 0, 3, "accepted=10 delivered=5 dropped=5(crash=3,expired=2) pending=0 recalled=1"},
		{"more on disk are recalled", run, 7, 4, 0, "accepted=10 delivered=1 dropped=2(expired=2) pending=7 recalled=5"},
		{"all that were delivered", run, 8, 5, 0, "accepted=10 delivered=0 dropped=2(expired=2) pending=8 recalled=6"},
		{"more than were ever accepted", run, 20, 5, 0, "accepted=22 delivered=0 dropped=2(expired=2) pending=20 recalled=6"},
		{"those in memory are lost although others were sent", spooled(run, 1), 3, 2, 2, "accepted=10 delivered=3 dropped=4(crash=2,expired=2) pending=3 recalled=3"},
		{"all are on disk", spooled(run, 3), 3, 0, 0, "accepted=10 delivered=5 dropped=2(expired=2) pending=3 recalled=1"},
		{"those on disk are gone", spooled(run, 3), 0, 0, 3, "accepted=10 delivered=5 dropped=5(crash=3,expired=2) pending=0 recalled=1"},
		{"some in memory are lost, and some on disk", spooled(run, 2), 1, 0, 2, "accepted=10 delivered=5 dropped=4(crash=2,expired=2) pending=1 recalled=1"},
		{"none is on disk any more", spooled(run, 0), 2, 2, 3, "accepted=10 delivered=3 dropped=5(crash=3,expired=2) pending=2 recalled=3"},
		{"more on disk than pending is as many", spooled(run, 9), 3, 0, 0, "accepted=10 delivered=5 dropped=2(expired=2) pending=3 recalled=1"},
		{"fewer on disk than none is none", spooled(run, -4), 0, 0, 3, "accepted=10 delivered=5 dropped=5(crash=3,expired=2) pending=0 recalled=1"},
		{"a spool without a book", func(*Book) {}, 4, 0, 0, "accepted=4 delivered=0 dropped=0 pending=4"},
		{"nothing at all", func(*Book) {}, 0, 0, 0, "accepted=0 delivered=0 dropped=0 pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "book")
			b := openTest(t, path)
			tt.run(b)
			crash(t, &b.book)
			b = openTest(t, path)
			checkSettle(t, b, tt.onDisk, tt.again, tt.lost, tt.want)
			if n := b.OnDisk(); n != max(tt.onDisk, 0) {
				t.Errorf("%d lines count as on disk, %d are", n, tt.onDisk)
			}
			if again, lost := b.Settle(100); again != 0 || lost != 0 || b.Ledger().String() != tt.want {
				t.Errorf("the second call counts: %d, %d, %v", again, lost, b.Ledger())
			}
			crash(t, &b.book)
			if got, _ := openTest(t, path).Recovered(); got.String() != tt.want {
				t.Errorf("the next run recovers %v, want %s", got, tt.want)
			}
		})
	}
}

// spooled returns run and then copies of so many lines on disk, after one that was
// and is there no more.
func spooled(run func(*Book), n int64) func(*Book) {
	return func(b *Book) {
		b.Spooled(1)
		b.Unspooled(1)
		run(b)
		b.Spooled(n)
		b.Unspooled(-n)
	}
}

func checkSettle(t *testing.T, b *Book, onDisk, wantAgain, wantLost int64, want string) {
	t.Helper()
	again, lost := b.Settle(onDisk)
	if again != wantAgain || lost != wantLost {
		t.Errorf("Settle(%d) = %d, %d, want %d, %d", onDisk, again, lost, wantAgain, wantLost)
	}
	if l := b.Ledger(); l.String() != want || l.Check() != nil {
		t.Errorf("got %v, want %s (%v)", l, want, l.Check())
	}
}

// Lines may be counted before the spool is read.
func TestSettleIsAboutTheLastRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	b := openTest(t, path)
	b.Accept(10)
	crash(t, &b.book)
	b = openTest(t, path)
	b.Accept(5)
	b.Sent(5)
	checkSettle(t, b, 4, 0, 6, "accepted=15 delivered=5 dropped=6(crash=6) pending=4")
	crash(t, &b.book)

	// A run that does not come to it leaves it to the next one.
	b = openTest(t, path)
	b.Accept(1)
	crash(t, &b.book)
	checkSettle(t, openTest(t, path), 2, 0, 3, "accepted=16 delivered=5 dropped=9(crash=9) pending=2")
}

func TestSkippedLinesAreNoneOfTheReceived(t *testing.T) {
	b := NewListenerBook()
	b.Receive(5)
	b.Skip(2)
	b.Accept(1)
	b.Reject(Malformed, 1)
	l := b.Listener()
	if err := l.Check(); err != nil || l.String() != "received=3 accepted=1 rejected=1(malformed=1) pending=1" {
		t.Errorf("counts are %v, %v", l, err)
	}
	if n := b.Rejected(Malformed); n != 1 {
		t.Errorf("Rejected() = %d", n)
	}
	if n := b.Rejected(Crash); n != 0 {
		t.Errorf("Rejected() of another reason = %d", n)
	}
}
