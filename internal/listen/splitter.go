package listen

import (
	"bytes"

	"monkit.example/internal/line"
)

// splitter cuts a stream into whole lines, within one buffer: the unfinished
// line is at its start, and the next read goes behind it. The reader reads
// into space and then calls add.
type splitter struct {
	max    int         // bytes of a line, without its end
	budget bufferShare // of all streams of a listener

	buf      []byte // its whole length may be written to
	from     int    // buf[from:tail] is the unfinished line
	tail     int
	skip     bool   // the unfinished line is counted as lost and not kept
	ended    bool   // the last add ended a line that it did not return
	example  []byte // the beginning of the first line that the last add, or space, counted
	underuse underuse
}

// The buffer of a stream that sends little is small: it starts with minSplit,
// doubles when it is full, up to a line and maxSplit, and halves when it has been
// far too large for a while. With ten thousand streams that send a line a minute
// each, most of their memory would be buffers of 4 KiB.
const (
	minSplit = 512
	maxSplit = 64 << 10
)

// space returns where to read to. It invalidates the lines that add returned.
// dropped is 1 if it gave up the unfinished line for want of memory, else 0.
func (s *splitter) space() (p []byte, dropped int64) {
	size := len(s.buf)
	switch {
	case s.tail == size && size < s.max+maxSplit:
		size = min(max(2*size, minSplit), s.max+maxSplit)
	case s.underuse.tooLarge(s.tail, size, minSplit):
		size, s.underuse = max(size/2, minSplit), 0
	}
	line := s.buf[s.from:s.tail]
	if size != len(s.buf) && s.budget.resize(len(s.buf), size) {
		s.buf = make([]byte, size)
	}
	s.from, s.tail = 0, copy(s.buf, line)
	if s.tail == len(s.buf) {
		s.example = s.example[:0]
		s.keepExample(s.buf)
		s.tail, s.skip, dropped = 0, true, 1
	}
	return s.buf[s.tail:], dropped
}

// release gives the buffer back when the stream has ended.
func (s *splitter) release() {
	s.budget.resize(len(s.buf), 0)
	s.buf, s.from, s.tail = nil, 0, 0
}

// add records that n bytes were read into space. It returns the whole lines
// that they complete, and how many lines turned out to be too long. NUL bytes at
// the start of a line are left out.
func (s *splitter) add(n int) (lines []byte, tooLong int64) {
	fresh := s.tail
	s.tail += n
	s.example, s.ended = s.example[:0], false
	if end := line.Whole(s.buf[fresh:s.tail]); end > 0 {
		lines, s.from = s.buf[:fresh+end], fresh+end
		if s.skip {
			s.skip, s.ended, lines = false, true, lines[bytes.IndexByte(lines, '\n')+1:]
		}
		lines, tooLong = s.removeTooLong(withoutNULs(lines))
		s.ended = s.ended || tooLong > 0
	}
	for !s.skip && s.from < s.tail && s.buf[s.from] == 0 {
		s.from++
	}
	if s.skip {
		s.tail = s.from
	} else if s.tail-s.from > s.max {
		s.keepExample(s.buf[s.from:s.tail])
		s.tail, s.skip = s.from, true
		tooLong++
	}
	return lines, tooLong
}

// removeTooLong returns the lines that are not too long, in the same memory,
// and the number of the others.
func (s *splitter) removeTooLong(lines []byte) (kept []byte, tooLong int64) {
	if len(lines) <= s.max+1 {
		return lines, 0 // there is no room for one
	}
	kept = lines[:0]
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		if end > s.max+1 {
			s.keepExample(lines[:end])
			tooLong++
		} else {
			kept = append(kept, lines[:end]...)
		}
		lines = lines[end:]
	}
	return kept, tooLong
}

// keepExample keeps the beginning of a line that is too long, if it is the first
// one of an add.
func (s *splitter) keepExample(line []byte) {
	if len(s.example) == 0 {
		s.example = append(s.example, line[:min(len(line), maxExample)]...)
	}
}

// rest returns the unfinished line when the stream ends. It may have been cut, so
// it is not passed on. It is blank if the stream ended with a line, or with one that
// was counted as too long.
func (s *splitter) rest() []byte { return s.buf[s.from:s.tail] }
