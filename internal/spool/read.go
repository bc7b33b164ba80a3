package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// MaxHeld is how many records may be read and not released.
const MaxHeld = 1 << 16

// maxReadFailures is how often a part of a segment may fail to be read before
// it counts as damaged, if other parts can be read.
const maxReadFailures = 3

// A reader is the position of Next.
type reader struct {
	pos      int // index of the segment; those before it are read
	scanner  *scanner
	failures int // consecutive, to read what is next
	last     uint64
	read     uint64 // the largest sequence that was ever returned
	released uint64
	before   uint64 // records up to this one may have been returned before
	buf      []byte // of the scanner, kept from one segment to the next
}

func (r *reader) close() {
	if r.scanner == nil {
		return
	}
	r.buf = r.scanner.buf
	r.scanner.file.Close()
	r.scanner = nil
}

// Next returns the next durable record, or io.EOF if there is none yet. What is
// damaged is skipped and counted. If the disk cannot read a part of a segment,
// Next returns the error of the system twice, for the trouble may pass, and then
// counts that part as damaged if it can read others.
func (s *Spool) Next() (Record, error) {
	switch {
	case s.closed:
		return Record{}, s.wrap("read", ErrClosed)
	case s.held.n >= MaxHeld:
		return Record{}, s.wrap("read", ErrUnreleased)
	}
	defer s.publish()
	for s.r.pos < len(s.segs) {
		seg := s.segs[s.r.pos]
		rec, err := s.nextIn(seg)
		switch {
		case err == nil:
			return rec, nil
		case !errors.Is(err, io.EOF):
			return Record{}, s.wrap("read", err)
		case !seg.sealed:
			return Record{}, io.EOF
		}
		s.leave(seg)
	}
	return Record{}, io.EOF
}

// nextIn returns the next record of seg, or io.EOF if there is none.
func (s *Spool) nextIn(seg *segment) (Record, error) {
	if s.r.scanner == nil {
		f, err := s.fs.Open(s.path(seg), false)
		if errors.Is(err, fs.ErrNotExist) && seg.sealed {
			return Record{}, io.EOF // removed by hand; leave counts its records
		}
		if err != nil {
			return Record{}, err
		}
		s.r.scanner = &scanner{file: f, first: seg.first, off: seg.start, buf: s.r.buf[:0]}
		s.r.last = max(s.r.last, seg.first-1)
	}
	sc := s.r.scanner
	sc.end = seg.end
	for {
		it, err := s.scan(sc)
		switch {
		case err != nil:
			return Record{}, err
		case it.kind == goodRecord:
			if s.take(seg, it) {
				return it.record, nil
			}
		case it.from < it.to: // zeros before the end of the segment are damage, too
			s.damaged(seg, it)
		default:
			return Record{}, io.EOF
		}
	}
}

// scan calls sc.next, and takes what cannot be read for damage after some
// attempts.
func (s *Spool) scan(sc *scanner) (item, error) {
	it, err := sc.next()
	if err == nil {
		s.r.failures = 0
		return it, nil
	}
	if s.r.failures++; s.r.failures < maxReadFailures {
		return item{}, err
	}
	if !s.readable(sc.file) {
		return item{}, err
	}
	sc.lenient = true
	it, err = sc.next()
	s.counts.Unreadable += sc.unreadable
	sc.lenient, sc.unreadable, s.r.failures = false, 0, 0
	return it, err
}

// readable reports whether the disk can read the beginning of f or of the next
// segment. If it cannot, the disk is gone, and not a part of one file.
func (s *Spool) readable(f File) bool {
	b := make([]byte, headerSize)
	if _, err := f.ReadAt(b, 0); err == nil {
		return true
	}
	if s.r.pos+1 >= len(s.segs) {
		return false
	}
	next, err := s.fs.Open(s.path(s.segs[s.r.pos+1]), false)
	if err != nil {
		return false
	}
	defer next.Close()
	_, err = next.ReadAt(b, 0)
	return err == nil
}

// take accounts for a record that Next is about to return. It reports false for
// one that was returned before or taken back.
func (s *Spool) take(seg *segment, it item) bool {
	seq := it.record.Seq
	if seq <= s.r.last || seq >= seg.limit {
		if it.from >= seg.counted {
			s.counts.Duplicates++
		}
		return false
	}
	t := it.record.totals()
	missing := int64(seq - s.r.last - 1)
	known := min(missing, seg.gaps)
	seg.gaps -= known
	if missing -= known; missing > 0 && it.from >= seg.counted {
		others := seg.unread
		others.sub(t.atMost(others))
		s.lose(seg, others.share(missing))
	}
	s.removeUnread(seg, t)
	s.held.push(heldRecord{seq, t, it.record.Time.UnixMilli(), seg, it.from})
	if seq <= s.r.before {
		s.counts.Redelivered.add(t)
	}
	s.r.last = seq
	s.r.read = max(s.r.read, seq)
	return true
}

// damaged accounts for bytes that are no record.
func (s *Spool) damaged(seg *segment, it item) {
	if it.from < seg.counted {
		return
	}
	s.counts.Damaged.Bytes += it.to - it.from
	s.bad.keep(s.fs, s.dir, seg.name, s.r.scanner.file, span{it.from, it.to})
}

// leave moves the reader to the next segment. Records of seg that were not found
// are damaged.
func (s *Spool) leave(seg *segment) {
	s.lose(seg, seg.unread)
	s.r.close()
	s.r.failures = 0
	s.r.pos++
	s.r.last = max(s.r.last, seg.next-1)
}

// lose counts records as damaged.
func (s *Spool) lose(seg *segment, t Totals) {
	s.counts.Damaged.Records += t.Records
	s.counts.Damaged.Lines += t.Lines
	s.removeUnread(seg, t)
}

// removeUnread takes records off the ones that Next has not returned. A segment
// that the disk could not read when it was opened may have more than expected.
func (s *Spool) removeUnread(seg *segment, t Totals) {
	t = t.atMost(seg.unread)
	seg.unread.sub(t)
	s.unread.sub(t)
}

// Release settles all records up to and including seq, which Next has returned.
// Sync makes that durable.
func (s *Spool) Release(seq uint64) error {
	switch {
	case s.closed:
		return s.wrap("release", ErrClosed)
	case seq > s.r.last:
		return s.wrap("release", fmt.Errorf("record %d was not read; the last one was %d", seq, s.r.last))
	}
	for first := s.held.first(); first != nil && first.seq <= seq; first = s.held.first() {
		s.held.pop()
	}
	s.settle()
	s.publish()
	return nil
}

// settle moves the position to the last record before those that are read and
// not released: what is in between is released, dropped or damaged.
func (s *Spool) settle() {
	settled := s.r.last
	if first := s.held.first(); first != nil {
		settled = first.seq - 1
	}
	s.r.released = max(s.r.released, settled)
}

// Rewind lets Next return all records again that are not released.
func (s *Spool) Rewind() error {
	if s.closed {
		return s.wrap("rewind", ErrClosed)
	}
	first := s.held.first()
	if first == nil {
		return nil
	}
	if sc := s.r.scanner; sc != nil {
		seg := s.segs[s.r.pos]
		seg.counted = max(seg.counted, sc.off)
	}
	s.r.close()
	for s.r.pos = min(s.r.pos, len(s.segs)-1); s.segs[s.r.pos] != first.seg; s.r.pos-- {
		before := s.segs[s.r.pos-1]
		before.counted = before.end
	}
	first.seg.start = first.off
	s.r.last, s.r.before = first.seq-1, max(s.r.before, s.r.read)
	for s.held.n > 0 {
		r := s.held.pop()
		r.seg.unread.add(r.totals)
		s.unread.add(r.totals)
	}
	s.publish()
	return nil
}
