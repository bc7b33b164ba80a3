package send

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/spool"
	"monkit.example/reporters/ledger"
)

// spooled returns options of a Sender whose spool is in dir. Each call is a run
// of its own: the book goes on with the counts of the last one.
func spooled(t *testing.T, dir string) Options {
	t.Helper()
	return Options{Name: "x", Spool: &SpoolOptions{Dir: dir, Format: "words"}, Counted: true, MaxBackoff: 500 * time.Millisecond}
}

// accepted sends payloads of a line each, as the owner of a book does, which
// counts them, and returns the lines.
func accepted(t *testing.T, s *Sender, from, n, size int) (lines []string) {
	t.Helper()
	for i := range n {
		line := fmt.Sprintf("%-*d\n", size-1, from+i)
		s.Book().Accept(1)
		mustSend(t, s, line, 1)
		lines = append(lines, line)
	}
	return lines
}

// gate is an answer of a fakeMessenger that fails until it is opened.
type gate struct{ open atomic.Bool }

func (g *gate) answer(int, []byte) error {
	if g.open.Load() {
		return nil
	}
	return errDown
}

// missing returns the lines that text does not have.
func missing(lines []string, text string) (none []string) {
	got := map[string]bool{}
	for line := range strings.Lines(text) {
		got[line] = true
	}
	for _, line := range lines {
		if !got[line] {
			none = append(none, line)
		}
	}
	return none
}

func TestLinesWaitOnDiskAndAreSentInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		f := &fakeMessenger{answer: g.answer}
		s := New(f, spooled(t, t.TempDir()))
		var want []string
		for i := range 100 { // 10 MB in ten seconds
			want = append(want, accepted(t, s, i*100, 100, 1000)...)
			time.Sleep(100 * time.Millisecond)
			if n := s.stats(time.Now()).QueueBytes; n > memoryBytes+replayBytes+400_000 {
				t.Fatalf("%d bytes are in memory", n)
			}
		}
		checkLedger(t, s, "accepted=10000 delivered=0 dropped=0 pending=10000")
		g.open.Store(true)
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		if none := missing(want, f.text()); len(none) > 0 || strings.Count(f.text(), "\n") != len(want) {
			t.Errorf("%d lines are missing, and %d arrived", len(none), strings.Count(f.text(), "\n"))
		}
		checkLedger(t, s, "accepted=10000 delivered=10000 dropped=0 pending=0")
		time.Sleep(2 * syncTime)
		if st := s.keeper.opened.Load().Stats(); st.Pending.Records != 0 || st.Segments > 1 {
			t.Errorf("after everything was delivered the spool has %+v", st)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestHealthyDestinationWritesNothingToDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(&fakeMessenger{}, spooled(t, t.TempDir()))
		for i := range 50 {
			accepted(t, s, i, 10, 100)
			time.Sleep(50 * time.Millisecond)
		}
		if st := s.keeper.opened.Load().Stats(); st.NextSeq > 1 || st.Segments > 0 {
			t.Errorf("the spool has %+v", st)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		checkLedger(t, s, "accepted=500 delivered=500 dropped=0 pending=0")
	})
}

func TestLinesOnDiskSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		down := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
		want := accepted(t, down, 0, 50, 100)
		time.Sleep(time.Second)
		want = append(want, accepted(t, down, 50, 50, 100)...) // these are in memory when Close begins
		if err := down.Close(within(t, 10*time.Millisecond)); err != nil {
			t.Errorf("Close: %v", err)
		}
		checkLedger(t, down, "accepted=100 delivered=0 dropped=0 pending=100")

		f := &fakeMessenger{}
		s := New(f, spooled(t, dir))
		if err := errors.Join(s.Flush(within(t, time.Minute)), s.Close(t.Context())); err != nil {
			t.Error(err)
		}
		if none := missing(want, f.text()); len(none) > 0 {
			t.Errorf("missing: %q", none)
		}
		checkLedger(t, s, "accepted=100 delivered=100 dropped=0 pending=0")
	})
}

// A delivery may fail while the keeper writes what is in flight. The chunk has a
// copy on disk then, and must not get another.
func TestChunkThatReturnsWhileItIsWrittenHasOneCopy(t *testing.T) {
	now := time.Now()
	for name, giveBack := range map[string]func(*queue){
		"delivery that failed":                     func(q *queue) { q.putBack() },
		"acknowledged by a peer that died":         func(q *queue) { q.acknowledge(100, now); q.recall() },
		"in flight to a peer that died":            func(q *queue) { q.recall() },
		"sent again, and in flight a second time":  func(q *queue) { q.recall(); q.take(1 << 20) },
		"search for rejected lines that was ended": func(q *queue) { q.settlePart(0, 0, ledger.Rejected); q.pause(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			q := newTestQueue(10_000)
			q.accept(line100("a"), 1, now)
			q.take(1 << 20)
			all := q.longInFlight(now, true)
			giveBack(q)
			for _, c := range all {
				if !q.unpin(c, 7) {
					t.Error("the chunk is not in memory")
				}
			}
			if due := q.due(now.Add(time.Minute), false); len(due) > 0 {
				t.Errorf("%d chunks are written to disk again", len(due))
			}
			if n := q.book.OnDisk(); n != 1 {
				t.Errorf("%d lines count as on disk, want 1", n)
			}
			if q.flight.n == 0 {
				q.take(1 << 20)
			}
			q.settle(0)
			if seqs := q.takeSettled(); !slices.Equal(seqs, []uint64{7}) || q.book.OnDisk() != 0 {
				t.Errorf("records %v are released, and %d lines count as on disk", seqs, q.book.OnDisk())
			}
			if got, want := q.ledger(), (ledger.Ledger{Accepted: 1, Delivered: 1, Recalled: q.ledger().Recalled}); got.String() != want.String() || got.Check() != nil {
				t.Errorf("ledger: %v", got)
			}
		})
	}
}

func TestFullSpoolDropsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		f := &fakeMessenger{answer: g.answer}
		o := spooled(t, t.TempDir())
		o.Spool.MaxBytes = 4 << 20
		s := New(f, o)
		var all []string
		for i := range 100 {
			all = append(all, accepted(t, s, i*100, 100, 1000)...)
			time.Sleep(300 * time.Millisecond)
			synctest.Wait()
			checkDisk(t, s)
		}
		l := s.Ledger()
		if err := l.Check(); err != nil || l.Dropped[ledger.SpoolFull] < 5000 || l.Dropped[ledger.SpoolFull] > 7500 {
			t.Errorf("%v, %v", l, err)
		}
		g.open.Store(true)
		err := s.Flush(within(t, time.Minute))
		if none := missing(all[len(all)-2500:], f.text()); len(none) > 0 {
			t.Errorf("%d of the newest lines are missing, %d arrived: %v, %v, %v", len(none), strings.Count(f.text(), "\n"), err, s.Ledger(), s.keeper.opened.Load().Stats())
		}
		s.Close(t.Context())
		if l := s.Ledger(); l.Check() != nil || l.Pending != 0 || l.Delivered < int64(strings.Count(f.text(), "\n")) {
			t.Errorf("%d lines arrived: %v", strings.Count(f.text(), "\n"), l)
		}
	})
}

func TestNewLinesDoNotWaitForTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		var mu sync.Mutex
		var order []int // guarded by mu; 0 is an old line, 1 a new one
		f := &fakeMessenger{answer: func(n int, p []byte) error {
			if err := g.answer(n, p); err != nil {
				return err
			}
			mu.Lock()
			order = append(order, strings.Count(string(p), "new"))
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			return nil
		}}
		o := spooled(t, t.TempDir())
		o.ChunkBytes = 1000
		s := New(f, o)
		accepted(t, s, 0, 1000, 1000)
		time.Sleep(5 * time.Second)
		g.open.Store(true)
		for i := range 200 { // as many bytes as can be sent
			s.Book().Accept(1)
			mustSend(t, s, fmt.Sprintf("%-*s\n", 999, fmt.Sprintf("new%d", i)), 1)
			time.Sleep(10 * time.Millisecond)
		}
		mu.Lock()
		n, newer := len(order), 0
		for _, isNew := range order {
			newer += isNew
		}
		mu.Unlock()
		if newer*10 < n*7 || newer == n {
			t.Errorf("%d of %d deliveries are of new lines, want about four of five", newer, n)
		}
		if err := errors.Join(s.Flush(within(t, time.Minute)), s.Close(t.Context())); err != nil {
			t.Error(err)
		}
		checkLedger(t, s, "accepted=1200 delivered=1200 dropped=0 pending=0")
	})
}

func TestSpoolOfAnotherProcessIsUsedWhenThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "h_pass_geheim-0a1b2c3d") // of a version that masked fewer credentials
		other, err := spool.Open(filepath.Join(dir, "spool"), spool.Options{Identity: "x", Format: "words"})
		if err != nil {
			t.Fatal(err)
		}
		text := &logText{}
		s := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
		s.SetLogger(logTo(text))
		accepted(t, s, 0, 10, 100)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		checkLedger(t, s, "accepted=10 delivered=0 dropped=0 pending=10")
		if n := strings.Count(text.String(), "cannot use the spool; lines are kept in memory"); n < 2 || n > 3 {
			t.Errorf("%d records in two minutes:\n%s", n, text.String())
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(diskRetryTime + time.Second)
		synctest.Wait()
		if st := s.keeper.opened.Load(); st == nil || st.Stats().Pending.Lines != 10 || !strings.Contains(text.String(), "the spool works again") || strings.Contains(text.String(), "geheim") {
			t.Errorf("log:\n%s", text.String())
		}
		if err := s.Close(within(t, time.Second)); err != nil {
			t.Error(err)
		}
		checkLedger(t, s, "accepted=10 delivered=0 dropped=0 pending=10")
	})
}

func TestPayloadsLargerThanARecordAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		f := &fakeMessenger{answer: g.answer}
		o := spooled(t, t.TempDir())
		o.Spool.MaxBytes = 1 << 20 // so that a record has less than 256 KiB
		o.ChunkBytes = 1 << 20
		s := New(f, o)
		var all []string
		var payload strings.Builder
		for i := range 9000 {
			line := fmt.Sprintf("%-99d\n", i)
			all = append(all, line)
			payload.WriteString(line)
		}
		s.Book().Accept(9001)
		mustSend(t, s, payload.String(), 9000)
		mustSend(t, s, strings.Repeat("x", 300_000)+"\n", 1)
		time.Sleep(5 * time.Second)
		l := s.Ledger()
		if l.Check() != nil || l.Dropped[ledger.Oversize] != 1 {
			t.Errorf("ledger: %v", l)
		}
		g.open.Store(true)
		s.Flush(within(t, time.Minute))
		if got := s.Ledger(); missing(all[6000:], f.text()) != nil || got.Delivered < 3000 {
			t.Errorf("ledger %v, missing %d", got, len(missing(all, f.text())))
		}
		s.Close(t.Context())
		if l := s.Ledger(); l.Check() != nil || l.Pending != 0 {
			t.Errorf("ledger: %v", l)
		}
	})
}

func TestCutForDisk(t *testing.T) {
	for _, tt := range []struct {
		payload         string
		lines, limit    int
		wantN, wantLine int
	}{
		{"a\nb\nc\n", 3, 0, 6, 3},
		{"a\nb\nc\n", 3, 6, 6, 3},
		{"a\nb\nc\n", 3, 5, 4, 2},
		{"aaaa\nb\n", 2, 3, 5, 1},
		{"aaaa\n", 1, 3, 5, 1},
		{"aaaa", 1, 3, 4, 1},
		{"a\nb", 2, 2, 2, 1},
		{"a\nb\n", 10, 3, 2, 5},
		{"a\nb\n", 0, 3, 2, 0},
	} {
		if n, lines := cutForDisk([]byte(tt.payload), tt.lines, tt.limit); n != tt.wantN || lines != tt.wantLine {
			t.Errorf("cutForDisk(%q, %d, %d) = %d, %d, want %d, %d", tt.payload, tt.lines, tt.limit, n, lines, tt.wantN, tt.wantLine)
		}
	}
}

func TestLongNamesHaveShortIdentities(t *testing.T) {
	a, b := &keeper{name: strings.Repeat("x", 300)}, &keeper{name: strings.Repeat("x", 301)}
	if id := a.identity(); len(id) > 255 || id == b.identity() || (&keeper{name: "x"}).identity() != "x" {
		t.Errorf("%d bytes: %s", len(id), id)
	}
}
