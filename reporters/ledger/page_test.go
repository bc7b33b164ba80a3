package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	testIdentity = "graphite+tcp://carbon.example:2003"
	testBoot     = 4711
)

// openBoot opens the book of testIdentity at path, at a start of the machine.
func openBoot(t *testing.T, path string, boot int64) (*Book, error) {
	t.Helper()
	if !canMap {
		t.Skipf("files cannot be mapped on %s", runtime.GOOS)
	}
	b := new(Book)
	return b, b.open(path, origin{destination, testIdentity, boot})
}

// openTest is openBoot for a file that is expected to be good. It closes the book
// at the end of the test.
func openTest(t *testing.T, path string) *Book {
	t.Helper()
	b, err := openBoot(t, path, testBoot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// crash ends a run as a SIGKILL does: the file keeps what it has, and its lock
// ends.
func crash(t *testing.T, b *book) {
	t.Helper()
	if p := b.page.Swap(nil); p != nil {
		if err := release(p.file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecoveredIsTheLastRun(t *testing.T) {
	const want = "accepted=7 delivered=3 dropped=1(queue_full=1) pending=3 recalled=2"
	count := func(b *Book) {
		b.Accept(7)
		b.Sent(5)
		b.Recall(2)
		b.Drop(QueueFull, 1)
	}
	for _, tt := range []struct {
		name        string
		clean       bool
		first, next int64 // starts of the machine
		end         End
		carried     string
	}{
		{"closed", true, 1, 1, EndClean, want},
		{"closed before a reboot", true, 1, 2, EndClean, want},
		{"closed on an unknown start", true, 0, 0, EndClean, want},
		{"killed", false, 1, 1, EndKilled, want},
		{"killed before a reboot", false, 1, 2, EndRebooted, "accepted=0 delivered=0 dropped=0 pending=0"},
		{"killed on an unknown start", false, 0, 1, EndUnknown, want},
		{"opened on an unknown start", false, 1, 0, EndUnknown, want},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "book")
			b, err := openBoot(t, path, tt.first)
			if _, end := b.Recovered(); err != nil || end != EndNone {
				t.Fatalf("a new file has the end %q (%v)", end, err)
			}
			count(b)
			if tt.clean {
				if err := b.Close(); err != nil {
					t.Fatal(err)
				}
			} else {
				crash(t, &b.book)
			}
			b, err = openBoot(t, path, tt.next)
			if err != nil {
				t.Fatal(err)
			}
			b.Accept(1) // changes nothing of what was recovered
			last, end := b.Recovered()
			if last.String() != want || end != tt.end {
				t.Errorf("recovered %v, %v, want %s, %v", last, end, want, tt.end)
			}
			if got := b.Ledger(); got.Accepted != map[bool]int64{true: 1, false: 8}[tt.end == EndRebooted] || got.Check() != nil {
				t.Errorf("it goes on with %v, want %s", got, tt.carried)
			}
			crash(t, &b.book)
			b, err = openBoot(t, path, tt.next)
			if got, _ := b.Recovered(); err != nil || got.Check() != nil || got.Accepted != b.Ledger().Accepted {
				t.Errorf("the third run recovers %v (%v)", got, err)
			}
			b.Close()
		})
	}
}

func TestListenerBookCountsWhatWasInTheRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	open := func() *ListenerBook {
		b, err := OpenListenerBook(path, "udp://:2003")
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	b := open()
	b.Receive(10)
	b.Accept(6)
	b.Reject(Malformed, 1)
	crash(t, &b.book)

	b = open()
	last, end := b.Recovered()
	if got, want := last.String(), "received=10 accepted=6 rejected=1(malformed=1) pending=3"; got != want || b.Err() != nil {
		t.Errorf("recovered %s, want %s (%v)", got, want, b.Err())
	}
	if want := map[bool]End{true: EndKilled, false: EndUnknown}[bootNumber() != 0]; end != want {
		t.Errorf("the end is %v, want %v", end, want)
	}
	want := "received=10 accepted=6 rejected=4(crash=3,malformed=1)"
	if got := b.Listener(); got.String() != want || got.Check() != nil {
		t.Errorf("it goes on with %v, want %s", got, want)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if last, end := open().Recovered(); last.String() != want || end != EndClean {
		t.Errorf("recovered %v, %v, want %s", last, end, want)
	}
}

// A file of a program that had 17 reasons.
func TestFileOfAnOlderListIsRead(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the file is of a machine with the other byte order")
	}
	old, err := os.ReadFile("testdata/v1-17-reasons.book")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "book")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	b := openTest(t, path)
	want := Ledger{Accepted: 1000, Delivered: 680, Pending: 167, Recalled: 20, Dropped: Counts{
		"malformed": 1, "too_long": 2, "truncated": 3, "ring_full": 4, "not_finite": 5, "unsupported": 6, "queue_full": 7, "expired": 8,
		"rejected": 9, "oversize": 10, "ambiguous": 11, "closed": 12, "send_failed": 13, "series_limit": 14, "name_too_long": 15,
		"too_old": 16, "too_new": 17,
	}}
	if got, end := b.Recovered(); got.String() != want.String() || end != EndKilled || got.Check() != nil {
		t.Errorf("recovered %v, %v, want %v", got, end, want)
	}
	b.Settle(100)
	b.Drop(Corrupt, 1)
	want.Drop(Crash, 67)
	want.Drop(Corrupt, 1)
	want.Pending = 99
	if got := b.Ledger(); got.String() != want.String() || got.Check() != nil {
		t.Errorf("got %v, want %v", got, want)
	}
}

// goodFile returns the bytes of a file with counts, after change.
func goodFile(change func([]byte)) []byte {
	file := append(origin{destination, testIdentity, testBoot}.header(), make([]byte, pageSize-offCells)...)
	for cell, n := range map[int]int64{cellState: stateRunning, cellBoot: testBoot, cellAccepted: 9, cellSent: 5, cellRecalled: 1, cellReasons: 2} {
		setCell(file, cell, n)
	}
	change(file)
	return file
}

func setCell(file []byte, cell int, n int64) {
	binary.NativeEndian.PutUint64(file[offCells+8*cell:], uint64(n))
}

func TestFileIsReplacedOnlyIfItIsADamagedBook(t *testing.T) {
	const (
		used = iota
		empty
		damaged
		foreign
	)
	cell := func(i int, n int64) []byte { return goodFile(func(f []byte) { setCell(f, i, n) }) }
	of := func(o origin) []byte { return append(o.header(), make([]byte, pageSize-offCells)...) }
	for _, tt := range []struct {
		name string
		file []byte
		is   int
		err  string
	}{
		{"good", goodFile(func([]byte) {}), used, ""},
		{"no bytes", nil, empty, ""},
		{"zeros", make([]byte, pageSize), empty, ""},
		{"fewer zeros", make([]byte, 100), empty, ""},
		{"header alone, of a run that was killed when it made it", of(origin{destination, testIdentity, 0}), empty, ""},
		{"part of the magic", []byte("mkl"), foreign, "not the file of a book"},
		{"magic alone", []byte(magic), damaged, "8 bytes"},
		{"half a header", goodFile(func([]byte) {})[:300], damaged, "300 bytes"},
		{"too short", goodFile(func([]byte) {})[:pageSize-1], damaged, "4095 bytes, not 4096"},
		{"too long", append(goodFile(func([]byte) {}), 0), damaged, "4097 bytes, not 4096"},
		{"flipped bit of the identity", goodFile(func(f []byte) { f[offIdentity] ^= 1 }), damaged, "checksum"},
		{"flipped bit of the text", goodFile(func(f []byte) { f[offText] ^= 4 }), damaged, "checksum"},
		{"flipped bit of the checksum", goodFile(func(f []byte) { f[offCRC] ^= 1 }), damaged, "checksum"},
		{"version 0", goodFile(func(f []byte) { clear(f[offVersion : offVersion+4]) }), damaged, "checksum"},
		{"newer version", goodFile(func(f []byte) { binary.NativeEndian.PutUint32(f[offVersion:], 2) }), foreign, "version 2"},
		{"other identity", of(origin{destination, "influx+http://db", 0}), foreign, `destination "influx+http://db", not of the destination "graphite+tcp`},
		{"long identity that begins alike", of(origin{destination, testIdentity + strings.Repeat("/", 1000), 0}), foreign, "not of the destination"},
		{"listener", of(origin{listener, testIdentity, 0}), foreign, `of the listener "graphite`},
		{"text", []byte("root:x:0:0:root:/root:/bin/sh\n"), foreign, "not the file of a book"},
		{"one byte", []byte("m"), foreign, "not the file of a book"},
		{"negative count", cell(cellAccepted, -1), damaged, "a count is -1"},
		{"huge count", cell(cellAccepted, 1<<60), damaged, "a count is 1152921504606846976"},
		{"counts that do not balance", cell(cellAccepted, 5), damaged, "pending=-1"},
		{"more recalled than sent", cell(cellRecalled, 6), damaged, "delivered=-1"},
		{"count of a listener", cell(cellReceived, 1), damaged, "accepted=9"},
		{"unknown state", cell(cellState, 9), damaged, "its state is 9"},
		{"state zero with counts", cell(cellState, 0), damaged, "its state is 0"},
		{"reason of a newer program", cell(cellReasons+len(numbered), 1), foreign, fmt.Sprintf("number %d, that this program does not know", cellReasons+len(numbered))},
		{"lines on disk", cell(cellSpooled, 4), used, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "book")
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := openBoot(t, path, testBoot)
			var opened *OpenError
			if errors.As(err, &opened) != (tt.err != "") {
				t.Fatalf("got %v", err)
			}
			if opened != nil && (!strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), path) || opened.InMemory != (tt.is == foreign)) {
				t.Errorf("got %#v: %v, want %q", opened, err, tt.err)
			}
			if (b.Err() != nil) != (tt.is == foreign) {
				t.Errorf("Err() = %v", b.Err())
			}
			checkCarriedOn(t, b, tt.is == used)
			now, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(now, tt.file) != (tt.is == foreign) {
				t.Errorf("the file is changed: %v", !bytes.Equal(now, tt.file))
			}
			if tt.is == foreign {
				return
			}
			want := b.Ledger().String()
			crash(t, &b.book)
			if got, end := openTest(t, path).Recovered(); got.String() != want || end != EndKilled {
				t.Errorf("the next run recovers %v, %v, want %s", got, end, want)
			}
		})
	}
}

// checkCarriedOn checks that a book works, from the counts of goodFile or from
// zero.
func checkCarriedOn(t *testing.T, b *Book, fromFile bool) {
	t.Helper()
	want, wantEnd := "accepted=0 delivered=0 dropped=0 pending=0", EndNone
	if fromFile {
		want, wantEnd = "accepted=9 delivered=4 dropped=2(malformed=2) pending=3 recalled=1", EndKilled
	}
	if got, end := b.Recovered(); got.String() != want || end != wantEnd || b.Ledger().String() != want {
		t.Errorf("recovered %v, %v, want %s, %v", got, end, want, wantEnd)
	}
	before := b.Ledger()
	b.Accept(2)
	b.Sent(1)
	if got := b.Ledger(); got.Accepted != before.Accepted+2 || got.Delivered != before.Delivered+1 || got.Check() != nil {
		t.Errorf("%v became %v", before, got)
	}
}

// A run may be killed after each store that enters it.
func TestRunThatIsKilledWhenItBeginsChangesNothing(t *testing.T) {
	o := origin{destination, testIdentity, testBoot}
	for _, tt := range []struct {
		name        string
		state, boot int64
		end, then   End // of the run before, and of the one that began
	}{
		{"closed", stateClean, 1, EndClean, EndKilled},
		{"killed", stateRunning, testBoot, EndKilled, EndKilled},
		{"killed before a reboot", stateRunning, 1, EndRebooted, EndKilled},
		{"killed on an unknown start", stateRunning, 0, EndUnknown, EndKilled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := goodFile(func(f []byte) { setCell(f, cellState, tt.state); setCell(f, cellBoot, tt.boot) })
			v, _, err := o.parse(file)
			if err != nil {
				t.Fatal(err)
			}
			first := o.recoverFrom(v)
			if first.end != tt.end {
				t.Fatalf("the end is %v, want %v", first.end, tt.end)
			}
			stores := o.enter(first)
			for i, s := range stores {
				setCell(file, s.cell, s.value)
				v, empty, err := o.parse(file)
				if err != nil || empty {
					t.Fatalf("after %d of %d stores: %v, %v", i+1, len(stores), empty, err)
				}
				got := o.recoverFrom(v)
				last := got.end == tt.then && i >= len(stores)-2
				if got.end != tt.end && !last || got.carried.ledger().String() != first.carried.ledger().String() {
					t.Errorf("after %d of %d stores: recovered %v, %v, want %v, %v",
						i+1, len(stores), got.carried.ledger(), got.end, first.carried.ledger(), tt.end)
				}
			}
		})
	}
}

func TestBookThatCannotBeMappedIsInMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	b := openTest(t, path)
	b.Accept(3)
	crash(t, &b.book)
	failure := errors.New("no memory left")
	mapPage = func(*os.File, int) ([]byte, error) { return nil, failure }
	defer func() { mapPage = mapFile }()
	b, err := openBoot(t, path, testBoot)
	if !errors.Is(err, failure) || !errors.Is(b.Err(), failure) {
		t.Errorf("got %v and %v", err, b.Err())
	}
	checkSettle(t, b, 1, 0, 2, "accepted=3 delivered=0 dropped=2(crash=2) pending=1")
	mapPage = mapFile
	// The run in memory is not in the file, so an older one must not be, either.
	if got, end := openTest(t, path).Recovered(); end != EndNone || got.Accepted != 0 {
		t.Errorf("the next run takes the file for good: %v, %v", got, end)
	}
}

func TestBookIsOpenOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	first := openTest(t, path)
	first.Accept(1)
	second, err := openBoot(t, path, testBoot)
	if !errors.Is(err, ErrInUse) || !errors.Is(second.Err(), ErrInUse) {
		t.Fatalf("got %v and %v, want %v", err, second.Err(), ErrInUse)
	}
	second.Accept(5)
	first.Sent(1)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	first.Accept(9) // in memory only
	third := openTest(t, path)
	if got, want := third.Ledger().String(), "accepted=1 delivered=1 dropped=0 pending=0"; got != want {
		t.Errorf("the file has %s, want %s", got, want)
	}
	if got := first.Ledger(); got.Accepted != 10 || got.Pending != 9 || got.Check() != nil {
		t.Errorf("a closed book has %v", got)
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Errorf("closing again, or in memory: %v", err)
	}
}

func TestBookThatCannotBeInAFileIsInMemory(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name, path string
		want       error
	}{
		{"no folder", filepath.Join(dir, "no", "book"), fs.ErrNotExist},
		{"folder", dir, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := OpenBook(tt.path, testIdentity)
			var opened *OpenError
			if !errors.As(err, &opened) || !opened.InMemory || opened.Path != tt.path {
				t.Fatalf("got %v", err)
			}
			if canMap && tt.want != nil && !errors.Is(err, tt.want) || !canMap && !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if n := strings.Count(err.Error(), tt.path); n != 1 {
				t.Errorf("%v: the path is in it %d times", err, n)
			}
			checkCarriedOn(t, b, false)
		})
	}
}

func TestFileIsForItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	openTest(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || info.Size() != pageSize {
		t.Errorf("%v, %d bytes", info.Mode(), info.Size())
	}
}

func TestEndsAreNamed(t *testing.T) {
	seen := map[string]bool{}
	for e := EndNone; e <= EndUnknown; e++ {
		if s := e.String(); s == "" || strings.HasPrefix(s, "End(") || seen[s] {
			t.Errorf("end %d is %q", int(e), s)
		} else {
			seen[s] = true
		}
	}
	if got := End(9).String() + End(-1).String(); got != "End(9)End(-1)" {
		t.Errorf("got %s", got)
	}
}

func TestBootNumber(t *testing.T) {
	if n := bootNumber(); (n != 0) != (runtime.GOOS == "linux") || n != bootNumber() {
		t.Errorf("got %d, then %d", n, bootNumber())
	}
	if a, b := numberOfBoot([]byte("a\n")), numberOfBoot([]byte("b\n")); a == b || a == 0 || a != numberOfBoot([]byte("a")) {
		t.Errorf("got %d and %d", a, b)
	}
	if n := numberOfBoot([]byte(" \n")); n != 0 {
		t.Errorf("no id is %d", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(goodFile(func([]byte) {})[offCells:], uint16(0), byte(0), int64(5))
	f.Add(goodFile(func(f []byte) { setCell(f, cellState, stateVoid) })[offCells:], uint16(9), byte(1), int64(0))
	f.Fuzz(func(t *testing.T, tail []byte, at uint16, flip byte, onDisk int64) {
		o := origin{destination, testIdentity, testBoot}
		file := append(o.header(), tail...)
		file[int(at)%len(file)] ^= flip
		v, empty, err := o.parse(file)
		if err != nil || empty {
			if v != (values{}) {
				t.Errorf("counts of no use are %v", v)
			}
			return
		}
		if at < offCells && flip != 0 {
			t.Errorf("a header with byte %d changed passes", at)
		}
		b := new(Book)
		r := o.recoverFrom(v)
		b.last, b.carried = r.last, r.carried
		for i := cellReceived; i < numCells; i++ {
			b.cells[i].Store(r.carried[i])
		}
		b.Settle(min(onDisk, maxCount))
		if l := b.Ledger(); l.Check() != nil || l.Pending != max(0, min(onDisk, maxCount)) {
			t.Errorf("%v with %d on disk", l, onDisk)
		}
	})
}
