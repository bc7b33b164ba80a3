package send

import (
	"bytes"
	"math/bits"
	"sync"
	"time"
)

// chunk is whole lines of one destination, in memory that is used again. It is
// the unit of everything that a Sender does: of the queue, of what is in flight
// and of what is kept for a redo.
//
// The mutex of its queue guards all fields, with one exception: the goroutine that
// holds the Sender's stepping reads buf and off of a chunk in flight without it, and
// it alone changes these then.
type chunk struct {
	buf    []byte
	lines  int       // by so many lines the ledger grows when the chunk is settled
	seq    int64     // number of the chunk; its pieces share it
	at     time.Time // when its first line was accepted
	sealed bool      // it was taken before, so that nothing more is appended
	shared bool      // buf is a part of a larger one

	spoolSeq uint64 // of its copy on disk; 0 is none
	pinned   bool   // the keeper reads buf
	settled  bool

	search *search // for lines that the peer rejects; nil if none has begun

	off     int       // of a Stream: start of the first line that was not acknowledged
	ackedAt time.Time // of a Stream: first acknowledgement; zero before
}

// Buffers have sizes that are powers of two. Those of up to maxBuffer are used
// again.
const (
	minBuffer = 512
	maxBuffer = 1 << 20
)

// chunkPools hold unused chunks, by the size of their buffers.
var chunkPools [11 + 1]sync.Pool // from minBuffer to maxBuffer

// poolOf returns the index in chunkPools of the smallest buffers that hold size
// bytes. It is too large if there is no such pool.
func poolOf(size int) int {
	return bits.Len(uint(max(size, minBuffer)-1) / minBuffer)
}

// newChunk returns an empty chunk with room for size bytes.
func newChunk(size int) *chunk {
	i := poolOf(size)
	if i >= len(chunkPools) {
		return &chunk{buf: make([]byte, 0, size)}
	}
	if c, ok := chunkPools[i].Get().(*chunk); ok {
		return c
	}
	return &chunk{buf: make([]byte, 0, minBuffer<<i)}
}

// recycle makes the memory of c available to later chunks. Nothing may refer
// to c or its bytes afterwards.
func (c *chunk) recycle() {
	if n := cap(c.buf); !c.shared && !c.pinned && n >= minBuffer && n <= maxBuffer && n&(n-1) == 0 {
		*c = chunk{buf: c.buf[:0]}
		chunkPools[poolOf(n)].Put(c)
	}
}

// append adds a payload of so many lines.
func (c *chunk) append(payload []byte, lines int) {
	if need := len(c.buf) + len(payload); need > cap(c.buf) {
		larger := newChunk(need)
		larger.buf = append(larger.buf, c.buf...)
		c.buf, larger.buf = larger.buf, c.buf
		larger.recycle()
	}
	c.buf = append(c.buf, payload...)
	c.lines += lines
}

// unsent returns the bytes that are still to be written to a Stream.
func (c *chunk) unsent() []byte { return c.buf[c.off:] }

// skipLines moves off past the whole lines within the next n bytes, which are
// acknowledged, and returns their size.
func (c *chunk) skipLines(n int) int {
	end := c.off + min(n, len(c.buf)-c.off)
	size := bytes.LastIndexByte(c.buf[c.off:end], '\n') + 1
	c.off += size
	return size
}

// ackedLines returns the share of c's lines that lies before off.
func (c *chunk) ackedLines() int {
	all := max(bytes.Count(c.buf, newline), 1)
	return int(int64(c.lines) * int64(bytes.Count(c.buf[:c.off], newline)) / int64(all))
}

var newline = []byte{'\n'}

// halves returns two chunks that share the memory and the lines of c. They are
// nil if c is one line.
func (c *chunk) halves() (a, b *chunk) {
	i := splitPoint(c.buf)
	if i == 0 {
		return nil, nil
	}
	first, second := *c, *c
	first.buf, second.buf = c.buf[:i], c.buf[i:]
	first.sealed, second.sealed = true, true
	first.shared, second.shared = true, true
	first.spoolSeq, second.spoolSeq = 0, 0
	// The number that Send was passed need not be that of the line feeds, so it
	// is divided in proportion to them.
	n, all := bytes.Count(first.buf, newline), bytes.Count(c.buf, newline)
	if c.buf[len(c.buf)-1] != '\n' {
		all++
	}
	first.lines = int(int64(c.lines) * int64(n) / int64(all))
	second.lines = c.lines - first.lines
	return &first, &second
}

// splitPoint returns the start of the line that is nearest to the middle of p,
// or 0 if p is one line.
func splitPoint(p []byte) int {
	half := len(p) / 2
	before := bytes.LastIndexByte(p[:half], '\n') + 1
	after := bytes.IndexByte(p[half:], '\n') + half + 1
	if after == half || after == len(p) {
		return before
	}
	if before == 0 || after-half < half-before {
		return after
	}
	return before
}

// station is a row of chunks, oldest first, and their sums.
type station struct {
	ring  []*chunk // its size is zero or a power of two; unused places are nil
	first int      // index of the oldest in ring
	n     int      // number of chunks
	bytes int
	lines int
}

// maxIdleRing is the size of a ring that an empty station keeps.
const maxIdleRing = 1 << 10

func (s *station) at(i int) *chunk { return s.ring[(s.first+i)&(len(s.ring)-1)] }

func (s *station) front() *chunk { return s.at(0) }

func (s *station) back() *chunk { return s.at(s.n - 1) }

func (s *station) pushBack(c *chunk) {
	s.grow()
	s.ring[(s.first+s.n)&(len(s.ring)-1)] = c
	s.add(c, 1)
}

func (s *station) pushFront(c *chunk) {
	s.grow()
	s.first = (s.first - 1) & (len(s.ring) - 1)
	s.ring[s.first] = c
	s.add(c, 1)
}

// popFront removes the oldest chunk, of which there must be one.
func (s *station) popFront() *chunk {
	c := s.front()
	s.ring[s.first] = nil
	s.first = (s.first + 1) & (len(s.ring) - 1)
	s.add(c, -1)
	if s.n == 0 && len(s.ring) > maxIdleRing {
		s.ring, s.first = nil, 0
	}
	return c
}

// popBack removes the newest chunk, of which there must be one.
func (s *station) popBack() *chunk {
	c := s.back()
	s.ring[(s.first+s.n-1)&(len(s.ring)-1)] = nil
	s.add(c, -1)
	return c
}

func (s *station) add(c *chunk, sign int) {
	s.n += sign
	s.bytes += sign * len(c.buf)
	s.lines += sign * c.lines
}

// appendToBack adds a payload to the newest chunk.
func (s *station) appendToBack(payload []byte, lines int) {
	s.back().append(payload, lines)
	s.bytes += len(payload)
	s.lines += lines
}

func (s *station) grow() {
	if s.n < len(s.ring) {
		return
	}
	larger := make([]*chunk, max(2*len(s.ring), 8))
	for i := range s.n {
		larger[i] = s.at(i)
	}
	s.ring, s.first = larger, 0
}
