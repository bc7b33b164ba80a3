package spool

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Spool is a queue of records on disk. One goroutine at a time uses it, since
// every method but Stats may wait for the disk.
type Spool struct {
	dir  string // set once by Open, as all above segs
	fs   FS
	opts Options
	lock io.Closer
	id   uint64

	segs   []*segment // by first sequence; the last one may be open for appending
	next   uint64     // sequence of the next record
	disk   int64      // size of segs
	unread Totals     // of segs
	w      writer
	r      reader
	held   held
	cursor cursor
	bad    badFiles
	counts Stats // what only grows, and what Open found
	closed bool

	mu       sync.Mutex
	snapshot Stats // guarded by mu
}

// Close makes everything durable, ends the last segment and unlocks the
// directory. An UnwrittenError means that records were taken back.
func (s *Spool) Close() error {
	if s.closed {
		return nil
	}
	err := errors.Join(s.seal(), s.reclaim())
	s.closed = true
	s.r.close()
	err = errors.Join(err, s.cursor.close(), s.lock.Close())
	s.publish()
	return s.wrap("close", err)
}

// wrap adds the directory to an error.
func (s *Spool) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("spool %s: %s: %w", s.dir, op, err)
}

// Identity returns the destination that the spool belongs to.
func (s *Spool) Identity() string { return s.opts.Identity }

// Format returns the format of the records.
func (s *Spool) Format() string { return s.opts.Format }

// MaxRecord returns the size of the largest record that Append takes.
func (s *Spool) MaxRecord() int { return s.opts.maxRecord() }

// Stats is the state of a Spool. The counts grow from 0 at Open.
type Stats struct {
	Pending  Totals // appended and not yet released, dropped or found damaged
	Unread   Totals // the part of Pending that Next has not returned
	Unsynced Totals // the part of Unread that Sync has not made durable

	// Oldest and Newest bound the times of what is pending. Of a segment that
	// Next has read in part, Oldest may be the time of a record before. Both are
	// zero if nothing is pending.
	Oldest, Newest time.Time

	DiskBytes    int64 // size of the segments, with what is reserved in the last one
	MaxBytes     int64
	Segments     int
	Preallocated bool // the file system has reserved the space of the last segment; false before the first one
	NextSeq      uint64
	Released     uint64 // sequence up to which records are settled
	Foreign      int    // files in the directory that are not of this spool and were left alone

	// Damaged counts records that are gone: bytes that are no record, in
	// bytes, and the records that the sequences say are missing, with the
	// lines that they had on average. That of Open includes what an earlier
	// process may have counted.
	Damaged Totals
	// Torn is the bytes behind the last record of segments whose writer died.
	// Records that were not durable yet are lost there, and not in Damaged.
	Torn int64
	// Unreadable is bytes that the disk could not read and that were taken for
	// damage.
	Unreadable int64
	// Redelivered is records that Next may have returned before: since Open,
	// if the cursor was old or lost, and since Rewind.
	Redelivered Totals
	// Duplicates is records that are there twice or that were taken back. Next
	// does not return them.
	Duplicates int64
	// Unwritten is records that were taken back with an UnwrittenError.
	Unwritten Totals
	// Dropped is records that DropOldest removed unread.
	Dropped Totals
	// CursorLost is whether Open found records and no position.
	CursorLost bool
	// BadFiles and BadBytes are the copies of damaged bytes in the directory.
	BadFiles int
	BadBytes int64 // at most 1 MiB
}

// Stats returns the state after the last call of another method. Any goroutine
// may call it, and it never waits for the disk.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// Age returns how old the oldest pending record is at the time now. If the clock
// was set back, the newest record stands for now.
func (s Stats) Age(now time.Time) time.Duration {
	if s.Oldest.IsZero() {
		return 0
	}
	if s.Newest.After(now) {
		now = s.Newest
	}
	return max(0, now.Sub(s.Oldest))
}

// publish makes the state visible to Stats.
func (s *Spool) publish() {
	s.counts.Unread = s.unread
	s.counts.Pending = s.unread
	s.counts.Pending.add(s.held.total)
	s.counts.Unsynced = s.w.unsynced
	s.counts.Oldest, s.counts.Newest = s.bounds()
	s.counts.DiskBytes, s.counts.Segments = s.disk, len(s.segs)
	s.counts.NextSeq, s.counts.Released = s.next, s.r.released
	s.counts.BadFiles, s.counts.BadBytes = s.bad.files, s.bad.bytes
	s.mu.Lock()
	s.snapshot = s.counts
	s.mu.Unlock()
}

// bounds returns the times of the oldest and newest pending records.
func (s *Spool) bounds() (oldest, newest time.Time) {
	first := s.held.first()
	if first == nil && s.unread.Records == 0 {
		return time.Time{}, time.Time{}
	}
	if last := len(s.segs) - 1; last >= 0 {
		newest = milliTime(s.segs[last].newest)
	}
	switch {
	case first != nil:
		oldest = milliTime(first.ms)
	case s.r.pos < len(s.segs):
		oldest = milliTime(s.segs[s.r.pos].waiting)
	}
	return oldest, newest
}
