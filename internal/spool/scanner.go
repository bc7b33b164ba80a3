package spool

import (
	"bytes"
	"errors"
	"io"
)

const (
	readAhead = 256 << 10
	blockSize = 4096 // of what a disk that cannot read returns an error for
)

// A scanner reads the records of one segment in their order and finds the next
// one behind damage. It needs memory for one record and for readAhead.
type scanner struct {
	file  File
	first uint64 // sequence of the first record of the segment
	off   int64  // of what next returns
	end   int64  // nothing is read from here on

	lenient    bool // blocks that cannot be read are taken for zeros
	unreadable int64

	buf   []byte
	bufAt int64 // offset of buf in the file
}

type kind int

const (
	endOfRecords kind = iota // nothing follows, or zeros
	goodRecord
	damage // bytes that are no record
)

// An item is what stands from one offset to another.
type item struct {
	kind     kind
	from, to int64
	record   Record // of a goodRecord; its Bytes are good until the next call of next
}

// next returns what is at s.off and moves on. After an error it has not moved.
func (s *scanner) next() (item, error) {
	rec, size, err := s.recordAt(s.off)
	if err != nil {
		return item{}, err
	}
	from := s.off
	if size > 0 {
		s.off += int64(size)
		return item{goodRecord, from, s.off, rec}, nil
	}
	to, text, err := s.resync(from)
	if err != nil {
		return item{}, err
	}
	s.off = to
	switch {
	case to < s.end:
		return item{kind: damage, from: from, to: to}, nil
	case text > from:
		return item{kind: damage, from: from, to: text}, nil
	}
	return item{kind: endOfRecords, from: from, to: to}, nil
}

// recordAt returns the record at off and its size, which is 0 if there is none.
func (s *scanner) recordAt(off int64) (Record, int, error) {
	b, err := s.view(off, recordHeaderSize)
	if err != nil {
		return Record{}, 0, err
	}
	size, ok := recordLength(b, s.end-off)
	if !ok || !s.plausible(order.Uint64(b[12:])) {
		return Record{}, 0, nil
	}
	b, err = s.view(off, size)
	if err != nil || len(b) < size {
		return Record{}, 0, err
	}
	if rec, ok := decodeRecord(b); ok {
		return rec, size, nil
	}
	return Record{}, 0, nil
}

// plausible reports whether a segment of this size can hold the sequence. A
// record of elsewhere, even a whole one, must not make all others look old.
func (s *scanner) plausible(seq uint64) bool {
	return seq >= s.first && seq-s.first < uint64(s.end)/(recordHeaderSize+1)
}

// resync returns the offset of the first record behind from, or s.end, and the
// offset behind the last byte before it that is not zero.
func (s *scanner) resync(from int64) (to, text int64, err error) {
	c := candidates{s: s, from: from}
	for at := from; at < s.end; {
		b, err := s.view(at, 64<<10)
		if err != nil {
			return 0, 0, err
		}
		i := bytes.Index(b, []byte(recordMagic))
		if at == from && i == 0 { // known to be no record
			i = bytes.Index(b[1:], []byte(recordMagic)) + 1
			if i == 0 {
				i = -1
			}
		}
		seen := b
		if i >= 0 {
			seen = b[:i]
		}
		if t := len(bytes.TrimRight(seen, "\x00")); t > 0 {
			text = at + int64(t)
		}
		if i < 0 {
			if at += int64(len(b)); at < s.end {
				at -= int64(len(recordMagic) - 1) // a magic may begin there
			}
			continue
		}
		at += int64(i)
		if ok, err := c.isRecord(at); ok || err != nil {
			return at, text, err
		}
		text = at + 1
		at++
	}
	return s.end, text, nil
}

// candidates are what looks like a record in a search for one.
type candidates struct {
	s      *scanner
	from   int64
	failed int
	crc    *rangeCRC
}

// manyCandidates is how many are read as a whole.
const manyCandidates = 16

// isRecord reports whether there is a record at off.
func (c *candidates) isRecord(off int64) (bool, error) {
	if c.failed >= manyCandidates {
		if ok, err := c.mayBeRecord(off); !ok || err != nil {
			return false, err
		}
	}
	_, size, err := c.s.recordAt(off)
	if size == 0 {
		c.failed++
	}
	return size > 0, err
}

// mayBeRecord does the same as isRecord without reading all of the record.
func (c *candidates) mayBeRecord(off int64) (bool, error) {
	b, err := c.s.view(off, recordHeaderSize)
	if err != nil {
		return false, err
	}
	size, ok := recordLength(b, c.s.end-off)
	if !ok || !c.s.plausible(order.Uint64(b[12:])) {
		return false, nil
	}
	want := order.Uint32(b[8:])
	if c.crc == nil {
		c.crc = newRangeCRC(c.s, c.from)
	}
	got, err := c.crc.of(off+12, off+int64(size))
	return got == want, err
}

// view returns n bytes at off, or fewer at s.end. They are good until the next
// call.
func (s *scanner) view(off int64, n int) ([]byte, error) {
	n = int(min(int64(n), s.end-off))
	if n <= 0 {
		return nil, nil
	}
	if off < s.bufAt || off+int64(n) > s.bufAt+int64(len(s.buf)) {
		if err := s.fill(off, n); err != nil {
			return nil, err
		}
		n = int(min(int64(n), s.end-off)) // the file may be shorter than it was
	}
	at := off - s.bufAt
	return s.buf[at : at+int64(n)], nil
}

// fill reads at least n bytes at off into buf, or up to s.end.
func (s *scanner) fill(off int64, n int) error {
	want := int(min(int64(max(n, readAhead)), s.end-off))
	keep := 0
	if off >= s.bufAt && off < s.bufAt+int64(len(s.buf)) {
		keep = copy(s.buf, s.buf[off-s.bufAt:])
	}
	if cap(s.buf) < want {
		s.buf = append(make([]byte, 0, max(want, int(min(readAhead, s.end)))), s.buf[:keep]...)
	}
	s.bufAt = off
	s.buf = s.buf[:want]
	got, err := s.file.ReadAt(s.buf[keep:], off+int64(keep))
	if err == nil || got == want-keep {
		return nil
	}
	if errors.Is(err, io.EOF) {
		s.buf = s.buf[:keep+got]
		s.end = off + int64(keep+got)
		return nil
	}
	if s.lenient {
		s.fillBlocks(keep)
		return nil
	}
	s.buf = s.buf[:0]
	return err
}

// readSome reads up to len(b) bytes at off and returns how many. It tries again
// for a while after errors of the system, which may pass.
func readSome(f File, b []byte, off int64) (n int) {
	for range maxReadFailures {
		var err error
		if n, err = f.ReadAt(b, off); err == nil || errors.Is(err, io.EOF) {
			break
		}
	}
	return n
}

// fillBlocks reads buf from keep on block by block.
func (s *scanner) fillBlocks(keep int) {
	for keep < len(s.buf) {
		at := s.bufAt + int64(keep)
		n := min(int(blockSize-at%blockSize), len(s.buf)-keep)
		b := s.buf[keep : keep+n]
		if got := readSome(s.file, b, at); got < n {
			clear(b[got:])
			s.unreadable += int64(n)
		}
		keep += n
	}
}
