package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Environment of a process that TestMain turns into a writer.
const (
	envBook       = "LEDGER_TEST_BOOK"       // file of a Book
	envGoroutines = "LEDGER_TEST_GOROUTINES" // set if many goroutines count
)

func TestMain(m *testing.M) {
	if path := os.Getenv(envBook); path != "" {
		writeBook(path)
	}
	os.Exit(m.Run())
}

// writeBook counts until it is killed. It writes a zero to standard output before
// it opens the book, and the number of counts of this goroutine after each.
func writeBook(path string) {
	var record [8]byte
	os.Stdout.Write(record[:])
	b, err := OpenBook(path, testIdentity)
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	if os.Getenv(envGoroutines) != "" {
		for range 3 {
			go func() {
				for i := 0; ; i++ {
					count(b, i)
				}
			}()
		}
	}
	for i := 0; ; i++ {
		count(b, i)
		binary.LittleEndian.PutUint64(record[:], uint64(i+1))
		if _, err := os.Stdout.Write(record[:]); err != nil {
			os.Exit(1)
		}
	}
}

// count counts step i of what a destination does with its lines.
func count(b *Book, i int) {
	switch i % 5 {
	case 0:
		b.Accept(4)
	case 1:
		b.Sent(3)
	case 2:
		b.Recall(2)
	case 3:
		b.Sent(1)
	case 4:
		b.Drop(Ambiguous, 1)
	}
}

// runKilled runs a writer, kills it after at least so many records, and returns
// how many counts it reported.
func runKilled(t *testing.T, path string, records int, env ...string) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), append(env, envBook+"="+path)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var n int64
	record := make([]byte, 8)
	for {
		if _, err := io.ReadFull(out, record); err != nil {
			break
		}
		if n = int64(binary.LittleEndian.Uint64(record)); n >= int64(records) {
			cmd.Process.Kill() // again with each record, until the pipe ends
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 || stderr.Len() > 0 {
		t.Fatalf("the writer ended with %v: %s", err, &stderr)
	}
	return n
}

// After a kill the file has the counts that the process added: those that it
// reported, and at most the one that it was about to report.
func TestKilledRunIsRecoveredToTheLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	want := NewBook() // the same counts, of all runs
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for kill := range 20 {
		reported := runKilled(t, path, 1+rand.IntN(4000))
		for i := range int(reported) {
			count(want, i)
		}
		b, err := OpenBook(path, testIdentity)
		if err != nil {
			t.Fatal(err)
		}
		got, end := b.Recovered()
		if end != EndKilled && end != EndUnknown || got.Check() != nil {
			t.Fatalf("kill %d: %v, %v", kill, got, end)
		}
		if got.String() != want.Ledger().String() {
			count(want, int(reported))
		}
		if got.String() != want.Ledger().String() {
			t.Fatalf("kill %d after %d counts: recovered %v, want that or one step before %v", kill, reported, got, want.Ledger())
		}
		settleBoth(t, b, want, rand.Int64N(4))
		crash(t, &b.book)
	}
	if l := want.Ledger(); l.Dropped[Crash]+l.Recalled == 0 {
		t.Errorf("no kill lost a line: %v", l)
	}
}

// settleBoth settles b with so many lines on disk, and counts the outcome in want.
func settleBoth(t *testing.T, b, want *Book, onDisk int64) {
	t.Helper()
	again, lost := b.Settle(onDisk)
	want.Recall(again)
	want.Drop(Crash, lost)
	want.Accept(onDisk - want.Ledger().Pending)
	if got := b.Ledger(); got.String() != want.Ledger().String() || got.Pending != onDisk || got.Check() != nil {
		t.Fatalf("settled %v, want %v (again %d, lost %d)", got, want.Ledger(), again, lost)
	}
}

// Goroutines that are killed in the middle of anything leave counts that balance.
func TestKilledGoroutinesLeaveABalance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	openTest(t, path).Close() // skips where files cannot be mapped
	var before int64
	for kill := range 5 {
		runKilled(t, path, 1+rand.IntN(500), envGoroutines+"=1")
		b, err := OpenBook(path, testIdentity)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := b.Recovered()
		// Five steps leave one of four lines pending; four goroutines may be in
		// the middle of them.
		more := got.Accepted - before
		if got.Check() != nil || more <= 0 || max(got.Pending-more/4, more/4-got.Pending) > 4*4 {
			t.Errorf("kill %d: recovered %v after %d", kill, got, before)
		}
		before = got.Accepted
		b.Settle(0)
		if l := b.Ledger(); l.Pending != 0 || l.Check() != nil {
			t.Errorf("kill %d: settled %v", kill, l)
		}
		crash(t, &b.book)
	}
}

// A process that is killed while it makes or opens its book leaves one that the
// next can use, with the counts that it had.
func TestKillWhileOpening(t *testing.T) {
	dir := t.TempDir()
	openTest(t, filepath.Join(dir, "book")) // skips where files cannot be mapped
	for kill := range 10 {
		path := filepath.Join(dir, strconv.Itoa(kill))
		runKilled(t, path, 0)
		recovered := openAgain(t, path)
		runKilled(t, path, 0)
		if got := openAgain(t, path); got.Accepted < recovered.Accepted || got.Recalled < recovered.Recalled {
			t.Errorf("kill %d: %v became %v", kill, recovered, got)
		}
	}
}

// openAgain returns what the next process recovers.
func openAgain(t *testing.T, path string) Ledger {
	t.Helper()
	b, err := OpenBook(path, testIdentity)
	if err != nil && !errors.Is(err, errDamaged) {
		t.Fatal(err)
	}
	last, _ := b.Recovered()
	if last.Check() != nil || b.Err() != nil {
		t.Errorf("recovered %v (%v)", last, b.Err())
	}
	crash(t, &b.book)
	return last
}
