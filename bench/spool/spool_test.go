package spool

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/bench/turns"
	"monkit.example/internal/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	record    = 64 << 10 // a chunk of a stream
	lines     = 1000     // of a record
	syncEvery = 16       // records: 1 MiB, as a Sender has it
	maxBytes  = 64 << 20
	replayed  = 32 << 20 // what is read again and again, from the cache of the system
)

// The limits of the ratio of times by the clock.
const (
	maxWrite  = 2
	maxReplay = 3
)

// BenchmarkWrite writes 1 MiB and makes it durable. A unit is a record. At 64 MiB
// the spool drops its oldest segments, and the plain file begins again.
func BenchmarkWrite(b *testing.B) {
	dir, body := b.TempDir(), recordBody()
	s, f := openSpool(b, dir), createPlain(b, dir)
	turns.Pair{
		Units: syncEvery, Bytes: syncEvery * record, Limit: maxWrite, Measure: turns.Elapsed,
		Ours:   func() { s.write(body) },
		Theirs: func() { f.write(body) },
	}.Run(b)
}

// BenchmarkReplay reads 32 MiB in records. A unit is a record.
func BenchmarkReplay(b *testing.B) {
	dir, body := b.TempDir(), recordBody()
	s, f := openSpool(b, dir), createPlain(b, dir)
	for range replayed / record / syncEvery {
		s.write(body)
		f.write(body)
	}
	turns.Pair{
		Units: replayed / record, Bytes: replayed, Limit: maxReplay, Measure: turns.Elapsed,
		Ours:   func() { s.replay(func([]byte) {}) },
		Theirs: func() { f.replay(func([]byte) {}) },
	}.Run(b)
}

// recordBody returns bytes that a file system cannot compress.
func recordBody() []byte {
	body := make([]byte, record)
	rand.NewChaCha8([32]byte{}).Read(body) // never fails
	return body
}

// queue is a spool that panics if something fails: the disk has room.
type queue struct{ *spool.Spool }

func openSpool(t testing.TB, dir string) queue {
	s, err := spool.Open(filepath.Join(dir, "spool"), spool.Options{Identity: "bench", Format: "graphite", MaxBytes: maxBytes, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return queue{s}
}

// write appends body syncEvery times and makes that durable.
func (q queue) write(body []byte) {
	meta := spool.Meta{Lines: lines, Time: time.Now()}
	for range syncEvery {
		_, err := q.Append(meta, body)
		if errors.Is(err, spool.ErrFull) {
			if _, err = q.DropOldest(); err == nil {
				_, err = q.Append(meta, body)
			}
		}
		check(err)
	}
	check(q.Sync())
}

// replay calls f with each record from the oldest on.
func (q queue) replay(f func(body []byte)) {
	for {
		rec, err := q.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		check(err)
		f(rec.Bytes)
	}
	check(q.Rewind())
}

// plain is a file.
type plain struct {
	*os.File
	size int
	buf  []byte
}

func createPlain(t testing.TB, dir string) *plain {
	f, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &plain{File: f, buf: make([]byte, record)}
}

// write appends body syncEvery times and makes that durable.
func (p *plain) write(body []byte) {
	if p.size+syncEvery*len(body) > maxBytes {
		check(p.Truncate(0))
		p.size = 0
	}
	for range syncEvery {
		_, err := p.WriteAt(body, int64(p.size))
		check(err)
		p.size += len(body)
	}
	check(p.Sync())
}

// replay calls f with each record from the first on.
func (p *plain) replay(f func(body []byte)) {
	for off := 0; off < p.size; off += record {
		_, err := p.ReadAt(p.buf, int64(off))
		check(err)
		f(p.buf)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Both sides do the same work: each reads what it wrote.
func TestBothSidesReadWhatTheyWrote(t *testing.T) {
	dir, body := t.TempDir(), recordBody()
	s, f := openSpool(t, dir), createPlain(t, dir)
	for range 2 {
		s.write(body)
		f.write(body)
	}
	for name, replay := range map[string]func(func([]byte)){"spool": s.replay, "plain": f.replay} {
		for round := range 2 {
			n := 0
			replay(func(p []byte) {
				if n++; !bytes.Equal(p, body) {
					t.Errorf("%s: record %d differs", name, n)
				}
			})
			if n != 2*syncEvery {
				t.Errorf("%s, round %d: %d records, want %d", name, round, n, 2*syncEvery)
			}
		}
	}
}

// At its bound each side makes room and goes on.
func TestBothSidesStayWithinTheirBound(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 2 × 72 MiB")
	}
	dir, body := t.TempDir(), recordBody()
	s, f := openSpool(t, dir), createPlain(t, dir)
	for range maxBytes/(syncEvery*record) + 8 {
		s.write(body)
		f.write(body)
	}
	if n := s.Stats().DiskBytes; n > maxBytes {
		t.Errorf("the spool has %d bytes, want at most %d", n, maxBytes)
	}
	info, err := f.Stat()
	check(err)
	if info.Size() > maxBytes {
		t.Errorf("the file has %d bytes, want at most %d", info.Size(), maxBytes)
	}
}
