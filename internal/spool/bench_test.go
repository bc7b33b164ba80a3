package spool

import (
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"
)

const (
	benchRecord = 64 << 10
	benchLines  = 1000
	syncEvery   = 16 // records: 1 MiB
)

func benchSpool(b *testing.B) *Spool {
	s := mustOpen(b, filepath.Join(b.TempDir(), "spool"), Options{Identity: testIdentity, MaxBytes: 256 << 20, Reserve: -1})
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkAppend writes records of 64 KiB and syncs each MiB. At 256 MiB the
// oldest segments are dropped.
func BenchmarkAppend(b *testing.B) {
	s, body, now := benchSpool(b), make([]byte, benchRecord), time.Now()
	b.SetBytes(benchRecord)
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		_, err := s.Append(Meta{benchLines, now}, body)
		if errors.Is(err, ErrFull) {
			if _, err := s.DropOldest(); err != nil {
				b.Fatal(err)
			}
			_, err = s.Append(Meta{benchLines, now}, body)
		}
		if err == nil && i%syncEvery == 0 {
			err = s.Sync()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReplay reads 128 MiB again and again, from the cache of the system.
func BenchmarkReplay(b *testing.B) {
	s, body := benchSpool(b), make([]byte, benchRecord)
	for range 128 << 20 / benchRecord {
		if _, err := s.Append(Meta{benchLines, time.Now()}, body); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(benchRecord)
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Next()
		if errors.Is(err, io.EOF) {
			if err := s.Rewind(); err != nil {
				b.Fatal(err)
			}
			_, err = s.Next()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// TestAllocs checks that a record costs no allocation, on the way in and out.
func TestAllocs(t *testing.T) {
	o := testOptions(nil)
	o.SegmentBytes, o.MaxBytes = 8<<20, 32<<20
	s := mustOpen(t, filepath.Join(t.TempDir(), "spool"), o)
	defer s.Close()
	body, meta := make([]byte, 1000), Meta{10, time.Now()}
	appendRecords(t, s, 1)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := s.Append(meta, body); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Append makes %v allocations", n)
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(900, func() {
		rec, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Release(rec.Seq); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Next and Release make %v allocations", n)
	}
}
