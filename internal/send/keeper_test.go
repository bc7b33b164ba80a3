package send

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
			if n := s.queue.snapshot(time.Now()).bytes; n > memoryBytes+replayBytes+400_000 {
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
		if st := s.keeper.stats.Load().Stats(); st.Pending.Records != 0 || st.Segments > 1 {
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
		if st := s.keeper.stats.Load().Stats(); st.NextSeq > 1 || st.Segments > 0 {
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

// copyTree copies the files of a folder, as a crash leaves them.
func copyTree(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(to, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestKilledProcessLosesOnlyWhatWasInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		down := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
		kept := accepted(t, down, 0, 50, 100)
		time.Sleep(2 * time.Second)
		accepted(t, down, 50, 7, 100)
		synctest.Wait()
		after := copyTree(t, dir)
		down.Close(within(t, 0))
		checkLedger(t, down, "")

		f := &fakeMessenger{}
		s := New(f, spooled(t, after))
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Errorf("Flush returns what an earlier run lost: %v", err)
		}
		log := new(lockedLog)
		s.SetLogger(logTo(log))
		synctest.Wait()
		if got := log.String(); !strings.Contains(got, "lines=50 sent_again=0 lost=7 corrupt=0 end=killed") {
			t.Errorf("log: %s", got)
		}
		s.Close(t.Context())
		if none := missing(kept, f.text()); len(none) > 0 {
			t.Errorf("missing: %q", none)
		}
		checkLedger(t, s, "accepted=57 delivered=50 dropped=7(crash=7) pending=0")
	})
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
			t.Errorf("%d of the newest lines are missing, %d arrived: %v, %v, %v", len(none), strings.Count(f.text(), "\n"), err, s.Ledger(), s.keeper.stats.Load().Stats())
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
		dir := t.TempDir()
		other, err := spool.Open(filepath.Join(dir, "spool"), spool.Options{Identity: "x", Format: "words"})
		if err != nil {
			t.Fatal(err)
		}
		text := new(lockedLog)
		s := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
		s.SetLogger(logTo(text))
		accepted(t, s, 0, 10, 100)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		checkLedger(t, s, "accepted=10 delivered=0 dropped=0 pending=10")
		if n := strings.Count(text.String(), "cannot use the spool; lines are kept in memory"); n < 2 || n > 3 {
			t.Errorf("%d records in two minutes:\n%s", n, text)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(diskRetryTime + time.Second)
		synctest.Wait()
		if st := s.keeper.stats.Load(); st == nil || st.Stats().Pending.Lines != 10 || !strings.Contains(text.String(), "the spool works again") {
			t.Errorf("log:\n%s", text)
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

func TestRedeliveredLinesAreRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		g := &gate{}
		first := New(&fakeMessenger{answer: g.answer}, spooled(t, dir))
		want := accepted(t, first, 0, 50, 100)
		time.Sleep(2 * time.Second)
		onDisk := copyTree(t, dir)
		g.open.Store(true)
		if err := errors.Join(first.Flush(within(t, time.Minute)), first.Close(t.Context())); err != nil {
			t.Error(err)
		}
		checkLedger(t, first, "accepted=50 delivered=50 dropped=0 pending=0")
		// The book knows that all lines were delivered, and the disk does not.
		if err := os.RemoveAll(filepath.Join(dir, "spool")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(onDisk, "spool"), filepath.Join(dir, "spool")); err != nil {
			t.Fatal(err)
		}
		f := &fakeMessenger{}
		s := New(f, spooled(t, dir))
		if err := errors.Join(s.Flush(within(t, time.Minute)), s.Close(t.Context())); err != nil {
			t.Error(err)
		}
		if none := missing(want, f.text()); len(none) > 0 {
			t.Errorf("missing: %q", none)
		}
		checkLedger(t, s, "accepted=50 delivered=50 dropped=0 pending=0 recalled=50")
	})
}
