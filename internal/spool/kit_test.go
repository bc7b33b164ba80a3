package spool

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The spools of tests have small segments, of which each holds a few records.
const (
	testIdentity = "graphite+tcp://127.0.0.1:2003"
	testFormat   = "graphite"
	testLines    = 3
)

func testOptions(fsys FS) Options {
	return Options{Identity: testIdentity, Format: testFormat, SegmentBytes: minSegmentBytes, MaxBytes: 64 * minSegmentBytes, Reserve: -1, FS: fsys}
}

func testBody(seq uint64) []byte {
	return fmt.Appendf(nil, "record %d %s\n", seq, strings.Repeat("x", 300+int(seq%7)))
}

func testTime(seq uint64) time.Time { return time.UnixMilli(1_700_000_000_000 + 1000*int64(seq)) }

func mustOpen(t testing.TB, dir string, o Options) *Spool {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// appendRecords appends n records and makes them durable.
func appendRecords(t testing.TB, s *Spool, n int) {
	t.Helper()
	for range n {
		seq := s.next
		if _, err := s.Append(Meta{testLines, testTime(seq)}, testBody(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
}

// filled returns a file system with a spool of n durable records. Its segments
// are those of a process that ended in good order, or of one that was killed.
func filled(t testing.TB, n int, killed bool) *simFS {
	t.Helper()
	sim := newSim()
	s := mustOpen(t, "d", testOptions(sim))
	appendRecords(t, s, n)
	if !killed {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return sim.kill()
}

// clone returns a copy of the file system.
func (s *simFS) clone() *simFS {
	c := newSim()
	c.created = slices.Clone(s.created)
	for _, name := range s.list() {
		n := s.names[name]
		c.names[name] = &simNode{data: slices.Clone(n.data), synced: slices.Clone(n.data)}
	}
	c.durable = maps.Clone(c.names)
	return c
}

// segments returns the paths of the segments.
func (s *simFS) segments() (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(s.names)) {
		if filepath.Ext(path) == ".seg" {
			paths = append(paths, path)
		}
	}
	return paths
}

// readSeqs reads all records, checks that each is as it was appended, and
// returns their sequences.
func readSeqs(t testing.TB, s *Spool) (seqs []uint64) {
	t.Helper()
	for {
		rec, err := s.Next()
		if errors.Is(err, io.EOF) {
			return seqs
		}
		if err != nil {
			t.Errorf("after record %d: %v", s.r.last, err)
			return seqs
		}
		if string(rec.Bytes) != string(testBody(rec.Seq)) || rec.Lines != testLines || !rec.Time.Equal(testTime(rec.Seq)) {
			t.Errorf("record %d is %d lines of %v, %.40q", rec.Seq, rec.Lines, rec.Time, rec.Bytes)
		}
		seqs = append(seqs, rec.Seq)
	}
}

// without returns 1 to n without some.
func without(n uint64, missing ...uint64) (seqs []uint64) {
	for seq := uint64(1); seq <= n; seq++ {
		if !slices.Contains(missing, seq) {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// offsets returns where the records of a segment begin.
func offsets(t testing.TB, data []byte) (seqs map[uint64][2]int) {
	t.Helper()
	seqs = map[uint64][2]int{}
	for at := headerSize; ; {
		n, ok := recordLength(data[at:], int64(len(data)-at))
		if !ok {
			return seqs
		}
		rec, ok := decodeRecord(data[at : at+n])
		if !ok {
			t.Fatalf("the record at %d is damaged", at)
		}
		seqs[rec.Seq] = [2]int{at, at + n}
		at += n
	}
}

// checkBalance checks that each record that was pending is read, damaged or
// still pending.
func checkBalance(t testing.TB, s *Spool, appended, read int) {
	t.Helper()
	st := s.Stats()
	if got := int64(read) + st.Damaged.Records + st.Unread.Records; got != int64(appended) {
		t.Errorf("of %d records %d are read, %d damaged and %d unread", appended, read, st.Damaged.Records, st.Unread.Records)
	}
	lines := int64(read)*testLines + st.Damaged.Lines + st.Unread.Lines
	if lines != int64(appended)*testLines {
		t.Errorf("of %d lines %d are read, %d damaged and %d unread", appended*testLines, read*testLines, st.Damaged.Lines, st.Unread.Lines)
	}
}
