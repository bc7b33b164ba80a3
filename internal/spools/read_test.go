package spools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/spool"
)

// TestSummaryOfASpoolThatIsOpen has a spool of which some records are released.
func TestSummaryOfASpoolThatIsOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := openSpool(t, dir)
	fill(t, s, 30)
	for range 10 {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Release(10), s.Sync()); err != nil {
		t.Fatal(err)
	}
	check := func(locked bool) {
		t.Helper()
		got := Summarize(Place{Dir: dir}, testTime(11).Add(90*time.Second))
		size := int64(len(testRecord(1)))
		if got.Destination != testIdentity || got.Format != testFormat || got.Records != 20 || got.Lines != 20*testLines || got.Bytes != 20*size {
			t.Errorf("%+v", got)
		}
		if got.Locked == nil || *got.Locked != locked || got.Error != "" || got.DamagedBytes+got.MissingRecords != 0 || got.CursorLost {
			t.Errorf("%+v", got)
		}
		if got.Oldest == nil || !got.Oldest.Equal(testTime(11)) || got.OldestAgeSeconds != 90 || got.DiskBytes < 20*size {
			t.Errorf("%+v", got)
		}
	}
	check(true)
	if r, err := Verify(Place{Dir: dir}); err != nil || len(r.Problems) != 0 || r.Waiting.Lines != 20*testLines {
		t.Errorf("%+v, %v", r, err)
	}
	var out bytes.Buffer
	if n, err := Copy(&out, Place{Dir: dir}, Limits{}); err != nil || n != 20*testLines || out.String() != testText(30)[10*size(t):] {
		t.Errorf("%d lines, %v", n, err)
	}
	closeSpool(t, s)
	check(false)
}

func size(t *testing.T) int { t.Helper(); return len(testRecord(1)) }

func TestSummaryIsJSON(t *testing.T) {
	b, err := json.Marshal(Summarize(filled(t, 0), time.Now()))
	if err != nil || !strings.Contains(string(b), `"oldest":null,"oldest_age_seconds":0,"damaged_bytes":0,"missing_records":0,"cursor_lost":false,"locked":false}`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestCopySelects(t *testing.T) {
	p := filled(t, 10)
	all := testText(10)
	for _, tt := range []struct {
		name string
		l    Limits
		want string
	}{
		{"all", Limits{}, all},
		{"one line", Limits{Lines: 1}, firstText(all, 1)},
		{"a part of the second record", Limits{Lines: testLines + 1}, firstText(all, testLines+1)},
		{"more than there are", Limits{Lines: 1000}, all},
		{"from", Limits{From: testTime(9)}, all[8*size(t):]},
		{"to", Limits{To: testTime(3)}, all[:2*size(t)]},
		{"from and to", Limits{From: testTime(3), To: testTime(4)}, all[2*size(t) : 3*size(t)]},
		{"from and lines", Limits{From: testTime(10), Lines: 1}, firstText(all[9*size(t):], 1)},
		{"none", Limits{From: testTime(11)}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			n, err := Copy(&out, p, tt.l)
			if err != nil || out.String() != tt.want || int(n) != strings.Count(tt.want, "\n") {
				t.Errorf("%d lines, %v:\n%s", n, err, out.String())
			}
		})
	}
}

func firstText(text string, n int) string {
	return strings.Join(strings.SplitAfterN(text, "\n", n+1)[:n], "")
}

func TestCopyEndsWithItsWriter(t *testing.T) {
	full := errors.New("full")
	if _, err := Copy(writerFunc(func([]byte) (int, error) { return 0, full }), filled(t, 3), Limits{}); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}

type writerFunc func(p []byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestCopyLeavesOutDamage(t *testing.T) {
	p := filled(t, 20)
	flip(t, segments(t, p)[0], segmentHeader+recordHeader+1)
	var out bytes.Buffer
	n, err := Copy(&out, p, Limits{})
	if err == nil || !strings.Contains(err.Error(), "1 records are missing") || n != 19*testLines || out.String() != testText(20)[size(t):] {
		t.Errorf("%d lines, %v", n, err)
	}
}

// TestVerifyFindsDamage checks where each damage is found.
func TestVerifyFindsDamage(t *testing.T) {
	const records = 40
	whole := int64(recordHeader + len(testRecord(1)))
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, p Place, segs []string)
		want   func(p Place, segs []string) []Problem
	}{
		{"nothing", func(*testing.T, Place, []string) {}, func(Place, []string) []Problem { return nil }},
		{"first record",
			func(t *testing.T, _ Place, segs []string) { flip(t, segs[0], segmentHeader+recordHeader) },
			func(p Place, segs []string) []Problem {
				return []Problem{{p.Dir, -1, "record 1 is missing"}, {segs[0], segmentHeader, bytesDamaged(whole)}}
			}},
		{"two records of another segment",
			func(t *testing.T, _ Place, segs []string) {
				flip(t, segs[1], segmentHeader+2*whole+5)
				flip(t, segs[1], segmentHeader+5*whole+100)
			},
			func(p Place, segs []string) []Problem {
				first := firstOf(segs[1])
				return []Problem{
					{p.Dir, -1, gap{first + 2, first + 2}.String()}, {p.Dir, -1, gap{first + 5, first + 5}.String()},
					{segs[1], segmentHeader + 2*whole, bytesDamaged(whole)}, {segs[1], segmentHeader + 5*whole, bytesDamaged(whole)},
				}
			}},
		{"a header",
			func(t *testing.T, _ Place, segs []string) { flip(t, segs[1], 20) },
			func(_ Place, segs []string) []Problem {
				return []Problem{{segs[1], 0, "the header of the segment is damaged (512 bytes)"}}
			}},
		{"a segment",
			func(t *testing.T, _ Place, segs []string) { remove(t, segs[1]) },
			func(p Place, segs []string) []Problem {
				return []Problem{{p.Dir, -1, gap{firstOf(segs[1]), firstOf(segs[2]) - 1}.String()}}
			}},
		{"the cursor",
			func(t *testing.T, p Place, _ []string) { write(t, filepath.Join(p.Dir, "cursor"), make([]byte, 8192)) },
			func(p Place, _ []string) []Problem {
				return []Problem{{filepath.Join(p.Dir, "cursor"), -1, "the position is missing or damaged: what was sent before and is still on disk is sent again"}}
			}},
		{"the footer of the first segment",
			func(t *testing.T, _ Place, segs []string) { flip(t, segs[0], fileSize(t, segs[0])-10) },
			func(_ Place, segs []string) []Problem {
				// The last two bytes of its 72 are zeros, which are no damage.
				return []Problem{{segs[0], fileSize(t, segs[0]) - 72, bytesDamaged(70)}}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := filled(t, records)
			segs := segments(t, p)
			if len(segs) < 3 {
				t.Fatalf("segments %v", segs)
			}
			tt.change(t, p, segs)
			r, err := Verify(p)
			if err != nil {
				t.Fatal(err)
			}
			got, want := texts(r.Problems), texts(tt.want(p, segs))
			if got != want {
				t.Errorf("found\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func bytesDamaged(n int64) string {
	p := Report{}
	p.add("", 0, "%d bytes are damaged", n)
	return p.Problems[0].Text
}

func texts(all []Problem) string {
	var b strings.Builder
	for _, p := range all {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func firstOf(path string) (n uint64) {
	for _, c := range strings.TrimSuffix(filepath.Base(path), ".seg") {
		n = 10*n + uint64(c-'0')
	}
	return n
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func fileSize(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestVerifyReportsNoDamageOfARecordBeingWritten has half a record at the end.
func TestVerifyReportsNoDamageOfARecordBeingWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := openSpool(t, dir)
	defer s.Close()
	fill(t, s, 2)
	path := segments(t, Place{Dir: dir})[0]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := recordHeader + len(testRecord(1))
	copy(b[segmentHeader+2*whole:], b[segmentHeader:segmentHeader+whole/2])
	write(t, path, b)
	write(t, filepath.Join(dir, "other"), nil)
	r, err := Verify(Place{Dir: dir})
	if err != nil || len(r.Problems) != 0 || len(r.Notes) != 2 || !strings.Contains(r.Notes[0], "bytes at the end are a record that is being written") ||
		!strings.Contains(r.Notes[1], "1 files are not of this spool") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReportIsBounded(t *testing.T) {
	var r Report
	for range maxProblems + 5 {
		r.add("f", 1, "x")
	}
	if len(r.Problems) != maxProblems || r.More != 5 {
		t.Errorf("%d problems and %d more", len(r.Problems), r.More)
	}
}

// TestSummaryOfWhatIsLockedElsewhere checks that looking does not lock.
func TestSummaryOfWhatIsLockedElsewhere(t *testing.T) {
	p := filled(t, 1)
	for range 3 {
		if is, err := locked(filepath.Join(p.Dir, "lock")); is || err != nil {
			t.Fatalf("locked is %v, %v", is, err)
		}
	}
	s, err := spool.Open(p.Dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closeSpool(t, s)
	if is, err := locked(filepath.Join(p.Dir, "none")); is || err != nil {
		t.Errorf("a file that is not there: %v, %v", is, err)
	}
}

// TestReadingBesideAWriter reads a spool again and again while records are
// appended, released and removed.
func TestReadingBesideAWriter(t *testing.T) {
	const records = 400
	dir := filepath.Join(t.TempDir(), "s")
	s := openSpool(t, dir)
	fill(t, s, 1)
	done := make(chan error)
	go func() { done <- passThrough(s, records) }()
	for running := true; running; {
		select {
		case err := <-done:
			if running = false; err != nil {
				t.Error(err)
			}
		default:
		}
		if r, err := Verify(Place{Dir: dir}); err != nil || len(r.Problems) != 0 {
			t.Fatalf("%v, %s", err, texts(r.Problems))
		}
		if got := Summarize(Place{Dir: dir}, testTime(0)); got.Error != "" || got.MissingRecords != 0 {
			t.Errorf("%+v", got)
		}
		if _, err := Copy(&bytes.Buffer{}, Place{Dir: dir}, Limits{}); err != nil {
			t.Error(err)
		}
	}
	closeSpool(t, s)
}

// TestSegmentThatIsBeingCreatedIsNotDamaged has the file of a segment that a process
// has created, which may run or have been killed, before and after it has the size of
// a segment. A header that is missing in front of records is damage.
func TestSegmentThatIsBeingCreatedIsNotDamaged(t *testing.T) {
	p := filled(t, 20)
	s := openSpool(t, p.Dir)
	path := filepath.Join(p.Dir, "00000000000000000021.seg")
	check := func(what string, problems int) {
		t.Helper()
		r, err := Verify(p)
		if err != nil || len(r.Problems) != problems || r.Waiting.Records != 20 {
			t.Errorf("%s: %v, %+v", what, err, r)
		}
	}
	for _, size := range []int{0, 100, minSegment} {
		write(t, path, make([]byte, size))
		check(fmt.Sprintf("%d bytes, by a process that runs", size), 0)
	}
	closeSpool(t, s)
	write(t, path, make([]byte, minSegment))
	check("by a process that was killed", 0)
	remove(t, path)

	last := segments(t, p)[len(segments(t, p))-1]
	b, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[:segmentHeader], make([]byte, segmentHeader))
	write(t, last, b)
	check("records without a header", 1)
}

// slowList calls do once, before or after a View reads the names of the segments.
type slowList struct {
	spool.FS
	after bool
	do    func()
}

// ReadDir implements spool.FS.
func (s *slowList) ReadDir(dir string, fn func(spool.Entry)) error {
	do := s.do
	if s.do = nil; do == nil {
		return s.FS.ReadDir(dir, fn)
	}
	if s.after {
		defer do()
		return s.FS.ReadDir(dir, fn)
	}
	do()
	return s.FS.ReadDir(dir, fn)
}

// TestReleasedRecordsAreNotMissing has a process that removes segments while a View
// is opened.
func TestReleasedRecordsAreNotMissing(t *testing.T) {
	for _, tt := range []struct {
		release, missing, want int64
		after                  bool
	}{{20, 0, 20, false}, {39, 0, 1, false}, {20, 1, 19, false}, {20, 0, 20, true}, {39, 0, 1, true}, {20, 1, 19, true}} {
		p := filled(t, 40)
		if tt.missing > 0 {
			flip(t, segments(t, p)[3], segmentHeader+recordHeader+1)
		}
		s := openSpool(t, p.Dir)
		r, err := newReaderOn(&slowList{FS: spool.OS{}, after: tt.after, do: func() {
			for range tt.release {
				if _, err := s.Next(); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(s.Release(uint64(tt.release)), s.Sync()); err != nil {
				t.Fatal(err)
			}
		}}, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for _, ok := r.next(); ok; _, ok = r.next() {
			n++
		}
		r.close()
		closeSpool(t, s)
		if r.missingRecords() != tt.missing || n < tt.want || r.view.Info().Missing != tt.missing {
			t.Errorf("%+v: %d records, %d missing, of which the View counts %d", tt, n, r.missingRecords(), r.view.Info().Missing)
		}
	}
}

// passThrough appends records and releases those before the last ten.
func passThrough(s *spool.Spool, records int) error {
	for i := range records {
		_, err := s.Append(spool.Meta{Lines: testLines, Time: testTime(i)}, testRecord(i))
		if err = errors.Join(err, s.Sync()); err != nil {
			return err
		}
		rec, err := s.Next()
		if err == nil && rec.Seq > 10 {
			err = s.Release(rec.Seq - 10)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
