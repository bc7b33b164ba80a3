package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"time"
)

// A writer appends to the last segment.
type writer struct {
	file   File // nil if no segment is open
	off    int64
	total  Totals // of the segment
	broken bool   // a write failed; what follows off is unknown
	buf    []byte // one record

	unsynced     Totals // appended since the last sync
	durableEnd   int64  // offset up to which records are durable
	durableNext  uint64 // sequence after the last durable record
	durableTimes [2]int64
}

// Append adds a record and returns its sequence. The record is read and survives
// once Sync returned. If the last segment is full, it is made durable first, so
// that the error may be an UnwrittenError of earlier records, too. After any
// error the record is not part of the spool. ErrFull lasts until DropOldest or
// Release and Sync have made room, which may take several calls if MaxBytes was
// larger before. ErrReserve and the system's errors may pass.
func (s *Spool) Append(m Meta, b []byte) (seq uint64, err error) {
	if err := s.checkRecord(m, b); err != nil {
		return 0, s.wrap("append", err)
	}
	defer s.publish()
	size := int64(recordHeaderSize + len(b))
	if s.w.file == nil || s.w.broken || s.w.off+size > s.opts.SegmentBytes-footerSize {
		if err := s.roll(); err != nil {
			return 0, s.wrap("append", err)
		}
	}
	s.w.buf = appendRecord(s.w.buf[:0], s.next, m, b)
	if _, err := s.w.file.WriteAt(s.w.buf, s.w.off); err != nil {
		s.w.broken = true
		return 0, s.wrap("append", err)
	}
	s.count(m, len(b))
	return s.next - 1, nil
}

func (s *Spool) checkRecord(m Meta, b []byte) error {
	switch {
	case s.closed:
		return ErrClosed
	case len(b) == 0:
		return errors.New("the record is empty")
	case len(b) > s.opts.maxRecord():
		return fmt.Errorf("%w: it has %d bytes, and at most %d are possible", ErrTooLarge, len(b), s.opts.maxRecord())
	case m.Lines < 0 || int64(m.Lines) > math.MaxUint32:
		return fmt.Errorf("a record of %d lines: from 0 to %d are possible", m.Lines, uint32(math.MaxUint32))
	}
	return nil
}

// count accounts for the record that was written at w.off.
func (s *Spool) count(m Meta, size int) {
	seg, ms := s.segs[len(s.segs)-1], m.Time.UnixMilli()
	if s.w.total.Records == 0 {
		seg.oldest, seg.newest = ms, ms
	}
	seg.oldest, seg.newest = min(seg.oldest, ms), max(seg.newest, ms)
	if seg.waiting = min(seg.waiting, ms); s.unread.Records == 0 || s.w.total.Records == 0 {
		seg.waiting = ms
	}
	t := Totals{1, int64(m.Lines), int64(size)}
	s.w.off += int64(recordHeaderSize + size)
	s.w.total.add(t)
	s.w.unsynced.add(t)
	seg.unread.add(t)
	s.unread.add(t)
	s.next++
	seg.next = s.next
}

// Sync makes durable what was appended and released, and then removes segments
// that are wholly released. If the error is an UnwrittenError, records were
// taken back; any other error concerns the cursor and segments to remove, which
// the next Sync tries again.
func (s *Spool) Sync() error {
	if s.closed {
		return s.wrap("sync", ErrClosed)
	}
	defer s.publish()
	return s.wrap("sync", errors.Join(s.syncData(), s.reclaim()))
}

func (s *Spool) syncData() error {
	if s.w.file == nil || s.w.unsynced.Records == 0 {
		return nil
	}
	if err := s.w.file.Sync(); err != nil {
		return s.takeBack(err)
	}
	s.markDurable()
	return nil
}

func (s *Spool) markDurable() {
	seg := s.segs[len(s.segs)-1]
	seg.end = s.w.off
	s.w.unsynced = Totals{}
	s.w.durableEnd, s.w.durableNext = s.w.off, s.next
	s.w.durableTimes = [2]int64{seg.oldest, seg.newest}
}

// takeBack removes the records that could not be made durable. The system may
// have marked their pages as written, so that a second attempt would succeed and
// mean nothing: the file is not written to any more.
func (s *Spool) takeBack(err error) error {
	seg := s.segs[len(s.segs)-1]
	lost := s.w.unsynced
	unwritten := &UnwrittenError{First: s.w.durableNext, Last: s.next - 1, Lost: lost, Err: err}
	s.counts.Unwritten.add(lost)
	seg.unread.sub(lost)
	s.unread.sub(lost)
	seg.next, seg.end, seg.sealed = s.w.durableNext, s.w.durableEnd, true
	seg.oldest, seg.newest = s.w.durableTimes[0], s.w.durableTimes[1]
	s.next = s.w.durableNext

	// If this fails, the next segment voids the records.
	truncated := s.w.file.Truncate(seg.end) == nil
	s.w.file.Close()
	s.w = writer{buf: s.w.buf}
	if truncated {
		s.resize(seg, seg.end)
	}
	if seg.next == seg.first {
		s.discard(seg)
	}
	return unwritten
}

// discard forgets the last segment, which has no records, and removes its file.
// If that fails, the file stays: it costs no more than its space.
func (s *Spool) discard(seg *segment) {
	last := len(s.segs) - 1
	if s.r.pos == last {
		s.r.close()
	}
	s.resize(seg, 0)
	s.segs = s.segs[:last]
	s.r.pos = min(s.r.pos, last)
	_ = s.fs.Remove(s.path(seg))
}

func (s *Spool) resize(seg *segment, size int64) {
	s.disk += size - seg.size
	seg.size = size
}

func (s *Spool) path(seg *segment) string { return filepath.Join(s.dir, seg.name) }

// seal ends the last segment: nothing is appended to it any more, and the space
// that it does not need is free again.
func (s *Spool) seal() error {
	if s.w.file == nil {
		return nil
	}
	seg := s.segs[len(s.segs)-1]
	f := footer{spoolID: s.id, first: seg.first, next: seg.next, total: s.w.total, oldest: seg.oldest, newest: seg.newest}
	size := s.w.off + footerSize
	_, err := s.w.file.WriteAt(f.encode(), s.w.off)
	shorter := s.w.file.Truncate(size) == nil && err == nil // without, the segment is read when the spool is opened
	if err := s.w.file.Sync(); err != nil && s.w.unsynced.Records > 0 {
		return s.takeBack(err)
	}
	s.markDurable()
	seg.sealed = true
	s.w.file.Close()
	s.w = writer{buf: s.w.buf}
	if shorter {
		s.resize(seg, size)
	}
	if seg.next == seg.first {
		s.discard(seg)
	}
	return nil
}

// roll ends the last segment and begins another.
func (s *Spool) roll() error {
	if err := s.seal(); err != nil {
		return err
	}
	if s.disk+s.opts.SegmentBytes > s.opts.MaxBytes {
		err := s.reclaim()
		if s.disk+s.opts.SegmentBytes > s.opts.MaxBytes {
			return errors.Join(fmt.Errorf("%w: %d bytes of %d", ErrFull, s.disk, s.opts.MaxBytes), err)
		}
	}
	if err := s.opts.checkReserve(s.dir); err != nil {
		return err
	}
	return s.create()
}

// create begins a segment. It is durable before a record is written to it.
func (s *Spool) create() error {
	for attempt := range uint32(10) {
		name := nameOfSegment(s.next, int(attempt))
		path := filepath.Join(s.dir, name)
		f, err := s.fs.Create(path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("create a segment: %w", err)
		}
		if err := s.begin(f, attempt); err != nil {
			f.Close()
			return errors.Join(fmt.Errorf("create a segment: %w", err), ignoreMissing(s.fs.Remove(path)))
		}
		seg := &segment{name: name, id: s.id, first: s.next, next: s.next, limit: noLimit, size: s.opts.SegmentBytes,
			start: headerSize, end: headerSize}
		s.segs = append(s.segs, seg)
		s.disk += seg.size
		s.w = writer{file: f, off: headerSize, durableEnd: headerSize, durableNext: s.next, buf: s.w.buf}
		return nil
	}
	return fmt.Errorf("create a segment: there are too many files like %s", nameOfSegment(s.next, 0))
}

func (s *Spool) begin(f File, attempt uint32) error {
	err := f.Allocate(s.opts.SegmentBytes)
	if err == nil {
		s.counts.Preallocated = true
	} else if errors.Is(err, errors.ErrUnsupported) {
		s.counts.Preallocated = false
		err = f.Truncate(s.opts.SegmentBytes)
	}
	if err != nil {
		return err
	}
	h := header{version: version, spoolID: s.id, first: s.next, created: time.Now().UnixMilli(), attempt: attempt,
		identity: s.opts.Identity, format: s.opts.Format}
	if _, err := f.WriteAt(h.encode(), 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return s.fs.SyncDir(s.dir)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
