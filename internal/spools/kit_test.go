package spools

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testIdentity = "graphite+tcp://127.0.0.1:2003"
	testFormat   = "graphite"
	testLines    = 3 // of each record
	minSegment   = 4096
)

func testTime(record int) time.Time { return time.Unix(1_700_000_000+int64(record), 0) }

func testRecord(record int) []byte {
	var b strings.Builder
	for line := range testLines {
		fmt.Fprintf(&b, "record.%03d.line.%d %s 1700000000\n", record, line, strings.Repeat("1", 60))
	}
	return []byte(b.String())
}

// testText returns the lines of n records.
func testText(n int) string {
	var b strings.Builder
	for i := range n {
		b.Write(testRecord(i + 1))
	}
	return b.String()
}

func openSpool(t testing.TB, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, spool.Options{Identity: testIdentity, Format: testFormat, SegmentBytes: minSegment, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fill(t testing.TB, s *spool.Spool, n int) {
	t.Helper()
	for i := range n {
		if _, err := s.Append(spool.Meta{Lines: testLines, Time: testTime(i + 1)}, testRecord(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
}

func closeSpool(t testing.TB, s *spool.Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// filled returns the place of a spool with n records in several segments.
func filled(t testing.TB, n int) Place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "destination", spoolFolder)
	s := openSpool(t, dir)
	fill(t, s, n)
	closeSpool(t, s)
	return Place{Dir: dir}
}

// segments returns the paths of the segments at p.
func segments(t testing.TB, p Place) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(p.Dir, "*.seg"))
	if err != nil || len(all) == 0 {
		t.Fatalf("%v, %v", all, err)
	}
	return all
}

// flip changes a byte of a file.
func flip(t testing.TB, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	write(t, path, b)
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
