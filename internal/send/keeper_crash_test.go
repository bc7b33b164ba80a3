package send

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
		s.Close(t.Context())
		if none := missing(kept, f.text()); len(none) > 0 {
			t.Errorf("missing: %q", none)
		}
		checkLedger(t, s, "accepted=57 delivered=50 dropped=7(crash=7) pending=0")
	})
}

// The disk may still have lines that were sent, since records are released some time
// after. As many others that were in memory must not count as on disk.
func TestLinesInMemoryAreLostAlthoughSentOnesAreFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, g := t.TempDir(), &gate{}
		first := New(&fakeMessenger{answer: g.answer}, spooled(t, dir))
		accepted(t, first, 0, 50, 100)
		time.Sleep(2 * time.Second)
		onDisk := copyTree(t, dir)
		g.open.Store(true)
		if err := first.Flush(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		g.open.Store(false)
		accepted(t, first, 50, 7, 100)
		synctest.Wait()
		after := copyTree(t, dir)
		first.Close(within(t, 0))
		checkLedger(t, first, "")
		if err := errors.Join(os.RemoveAll(filepath.Join(after, "spool")), os.Rename(filepath.Join(onDisk, "spool"), filepath.Join(after, "spool"))); err != nil {
			t.Fatal(err)
		}
		s := New(&fakeMessenger{}, spooled(t, after))
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Errorf("Flush returns what an earlier run lost: %v", err)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=57 delivered=50 dropped=7(crash=7) pending=0 recalled=50")
	})
}

// A record that is damaged costs its lines and no others.
func TestDamagedRecordIsCountedAsCorrupt(t *testing.T) {
	for _, lines := range []int{10, 20} { // of the damaged record; the others have 10
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			down := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
			var good []string
			record := func(name string, lines int) {
				down.Book().Accept(int64(lines))
				mustSend(t, down, strings.Repeat(name+"\n", lines), lines)
				time.Sleep(2 * time.Second)
			}
			for _, name := range []string{"a", "b", "bad", "c", "d"} {
				if name == "bad" {
					record(name, lines)
					continue
				}
				record(name, 10)
				good = append(good, name+"\n")
			}
			after := copyTree(t, dir)
			down.Close(within(t, 0))
			checkLedger(t, down, "")
			flipByte(t, filepath.Join(after, "spool"), "bad\nbad\n")

			var log logText
			f, o := &fakeMessenger{}, spooled(t, after)
			o.Logger = logTo(&log)
			s := New(f, o)
			corrupt := fmt.Sprintf("corrupt=%d", lines)
			if err := s.Flush(within(t, time.Minute)); err == nil || !strings.Contains(err.Error(), corrupt) {
				t.Errorf("Flush: %v, want %s", err, corrupt)
			}
			s.Close(t.Context())
			if none := missing(good, f.text()); len(none) > 0 || strings.Count(f.text(), "\n") != 40 {
				t.Errorf("missing: %q", none)
			}
			checkLedger(t, s, fmt.Sprintf("accepted=%d delivered=40 dropped=%d(%s) pending=0", 40+lines, lines, corrupt))
			if !strings.Contains(log.String(), corrupt+" end=") {
				t.Errorf("log:\n%s", &log)
			}
		})
	}
}

// flipByte changes a byte of line in the one file below dir that has it.
func flipByte(t *testing.T, dir, line string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		p, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(string(p), line); i >= 0 {
			p[i] ^= 1
			if err := os.WriteFile(file, p, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no file has %q", line)
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

// What a peer acknowledged shortly before both it and this process were killed is
// lost unless its copy on disk, if it had one, is still there.
func TestLinesKeptForARedoStayOnDisk(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration // from the acknowledgement to the crash
		again int           // lines
	}{{"within ten seconds", 5 * time.Second, 50}, {"later", 15 * time.Second, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				down := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
				want := accepted(t, down, 0, 50, 100)
				down.Close(within(t, time.Second))
				checkLedger(t, down, "accepted=50 delivered=0 dropped=0 pending=50")

				d := newDyingStream()
				s := New(d, spooled(t, dir))
				if err := s.Flush(within(t, time.Minute)); err != nil {
					t.Error(err)
				}
				checkDisk(t, s)
				time.Sleep(tt.after)
				synctest.Wait()
				after := copyTree(t, dir)
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				checkLedger(t, s, "accepted=50 delivered=50 dropped=0 pending=0")

				for dir, again := range map[string]int{dir: 0, after: tt.again} { // after Close there is nothing left
					f := &fakeMessenger{}
					next := New(f, spooled(t, dir))
					if err := errors.Join(next.Flush(within(t, time.Minute)), next.Close(t.Context())); err != nil {
						t.Error(err)
					}
					if none := missing(want[:again], f.text()); len(none) > 0 || strings.Count(f.text(), "\n") != again {
						t.Errorf("%d of %d lines are sent again", strings.Count(f.text(), "\n"), again)
					}
					checkLedgerWithRecalls(t, next, "accepted=50 delivered=50 dropped=0 pending=0")
				}
			})
		})
	}
}

// A peer that dies gets what was read from disk again, and its copies there are in
// the balance.
func TestRecalledLinesAreOnDiskAsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		down := New(&fakeMessenger{answer: always(errDown)}, spooled(t, dir))
		accepted(t, down, 0, 50, 100)
		down.Close(within(t, time.Second))
		checkLedger(t, down, "")
		d := newDyingStream()
		s := New(d, spooled(t, dir))
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		d.mu.Lock()
		d.capacity = func(int) int { return 0 } // no later connection takes anything
		d.died = true
		d.mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		checkDisk(t, s)
		checkLedger(t, s, "accepted=50 delivered=0 dropped=0 pending=50 recalled=50")
		after := copyTree(t, dir)
		s.Close(within(t, 0))

		f := &fakeMessenger{}
		next := New(f, spooled(t, after))
		if err := errors.Join(next.Flush(within(t, time.Minute)), next.Close(t.Context())); err != nil {
			t.Error(err)
		}
		checkLedger(t, next, "accepted=50 delivered=50 dropped=0 pending=0 recalled=50")
	})
}

// After a crash the log says what it cost, also if that is nothing. After Close there
// is nothing to say.
func TestStartLogsWhatACrashCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first := New(&fakeMessenger{}, spooled(t, dir))
		accepted(t, first, 0, 5, 100)
		if err := first.Flush(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		crashed := copyTree(t, dir)
		if err := first.Close(t.Context()); err != nil {
			t.Error(err)
		}
		for dir, want := range map[string]string{crashed: "lines=0 sent_again=0 lost=0 corrupt=0 end=", dir: ""} {
			var log logText
			o := spooled(t, dir)
			o.Logger = logTo(&log)
			s := New(&fakeMessenger{}, o)
			synctest.Wait()
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
			checkLedger(t, s, "accepted=5 delivered=5 dropped=0 pending=0")
			if got := log.String(); (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("log:\n%s\nwant %q", got, want)
			}
		}
	})
}
