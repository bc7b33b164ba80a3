package listen

import "bytes"

// splitter cuts a stream into whole lines, in one buffer: the line under way
// is at its start, and what is read comes behind it.
type splitter struct {
	max    int    // bytes of a line, without its end
	buf    []byte // all of it may be written to
	tail   int    // buf[from:tail] is the line under way
	from   int
	skip   bool // the line under way is too long, counted, and not kept
	sparse sparse
}

// A stream that brings little costs little: its buffer starts with minSplit,
// is doubled whenever it is full, up to a line and maxSplit, and is halved
// when it has been far too large for a while.
const (
	minSplit = 4 << 10
	maxSplit = 64 << 10
)

// space is where to read to. Lines that add returned are void from here on.
func (s *splitter) space() []byte {
	size := len(s.buf)
	switch {
	case s.tail == size && size < s.max+maxSplit:
		size = min(max(2*size, minSplit), s.max+maxSplit)
	case s.sparse.note(s.tail, size, minSplit):
		size, s.sparse = max(size/2, minSplit), 0
	}
	underWay := s.buf[s.from:s.tail]
	if size != len(s.buf) {
		s.buf = make([]byte, size)
	}
	s.from, s.tail = 0, copy(s.buf, underWay)
	return s.buf[s.tail:]
}

// add says that n bytes were put into space. It returns the whole lines that
// they complete, and how many lines were found to be too long.
func (s *splitter) add(n int) (lines []byte, tooLong int64) {
	fresh := s.tail
	s.tail += n
	if end := bytes.LastIndexByte(s.buf[fresh:s.tail], '\n') + 1; end > 0 {
		lines, s.from = s.buf[:fresh+end], fresh+end
		if s.skip {
			s.skip, lines = false, lines[bytes.IndexByte(lines, '\n')+1:]
		}
		lines, tooLong = s.short(lines)
	}
	if s.skip {
		s.tail = s.from
	} else if s.tail-s.from > s.max {
		s.tail, s.skip = s.from, true
		tooLong++
	}
	return lines, tooLong
}

// short returns lines without those that are too long, in the same memory.
func (s *splitter) short(lines []byte) (short []byte, tooLong int64) {
	if len(lines) <= s.max+1 {
		return lines, 0 // none of them can be
	}
	short = lines[:0]
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		if end > s.max+1 {
			tooLong++
		} else {
			short = append(short, lines[:end]...)
		}
		lines = lines[end:]
	}
	return short, tooLong
}

// rest is how many lines lack their end when the stream does: a line that may
// have been cut is not taken for whole.
func (s *splitter) rest() int64 { return countLines(s.buf[s.from:s.tail]) }
