package reporters

import (
	"time"
	"unsafe"

	"monkit.example/monkit"
)

// Point is one number of one series at one time.
type Point struct {
	Key   monkit.SeriesKey
	Field string // may be empty for a point from the wire
	Value float64
	Time  int64 // Unix nanoseconds

	// Series and ID are set by a collector and zero for points from the wire.
	// They are small and dense, and stand for Key, and for Key and Field, for
	// as long as the series lives: what an encoder caches is found by them
	// without hashing text. See [Memo].
	Series, ID uint32

	Kind Kind
}

// Line is one accepted line of the wire: its bytes and its points.
type Line struct {
	// Raw is the line without its end, complete with a timestamp. It passes to
	// a destination of the batch's own format as it is. Nil if the line must
	// be built anew.
	Raw []byte
	// First and N say which of the batch's Points the line holds.
	First, N int32
}

// Bad is a line that a Decoder refused.
type Bad struct {
	Why  string // the ledger's reason, such as "malformed"
	Text string // the line, cut to 200 bytes
	Err  error  // what is wrong with it, and where
}

// maxBad is how many refused lines one batch keeps: enough for a page that
// shows the last few. All are counted.
const maxBad = 16

// maxBadText bounds the text that is kept of a refused line.
const maxBadText = 200

// Batch is what flows from a collector or decoder to the reporters. It is
// shared by all of them and must not be changed once it is handed over.
// Its text is good until the batch is reused: see Reset.
type Batch struct {
	At       time.Time     // when it was measured or received
	Interval time.Duration // since the batch before, by the monotonic clock; zero if unknown

	Points []Point

	// Of the wire only: the name of the format and the lines that were
	// accepted, in order. Points of a collector belong to no line.
	Format string
	Lines  []Line

	Rejected map[string]int64 // how many lines were refused, by reason
	Bad      []Bad            // the first few of them
	Skipped  int64            // lines that say nothing: empty ones and comments

	text arena
}

// Reset empties b for another use. Text that was copied into b is void from
// here on; under the race detector it turns to rubbish, so that a test finds
// whoever kept some.
func (b *Batch) Reset() {
	clear(b.Points) // lets go of series that are gone
	clear(b.Lines)
	clear(b.Bad)
	clear(b.Rejected)
	b.Points, b.Lines, b.Bad = b.Points[:0], b.Lines[:0], b.Bad[:0]
	b.At, b.Interval, b.Format, b.Skipped = time.Time{}, 0, "", 0
	b.text.reset()
}

// Copy copies p into the batch's own memory and returns it as a string that
// is good until Reset.
func (b *Batch) Copy(p []byte) string {
	c := b.CopyBytes(p)
	return unsafe.String(unsafe.SliceData(c), len(c))
}

// CopyBytes is Copy for those who want bytes. They must not be changed.
func (b *Batch) CopyBytes(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	c := b.text.take(len(p))
	copy(c, p)
	return c
}

// AddLine takes over a line of the wire whose points were appended to
// b.Points from index first on. raw must be memory of b, or nil.
func (b *Batch) AddLine(raw []byte, first int) {
	b.Lines = append(b.Lines, Line{Raw: raw, First: int32(first), N: int32(len(b.Points) - first)})
}

// Reject counts a line that is refused and keeps the first few with the
// reason.
func (b *Batch) Reject(why string, line []byte, err error) {
	if b.Rejected == nil {
		b.Rejected = make(map[string]int64)
	}
	b.Rejected[why]++
	if len(b.Bad) < maxBad {
		b.Bad = append(b.Bad, Bad{Why: why, Text: string(line[:min(len(line), maxBadText)]), Err: err})
	}
}

// RejectedLines is the sum of Rejected.
func (b *Batch) RejectedLines() int64 {
	var n int64
	for _, c := range b.Rejected {
		n += c
	}
	return n
}

// chunkSize holds a full 64 KiB datagram and what its lines need beside it.
const chunkSize = 128 << 10

// arena is memory that strings may point into: chunks are never moved.
type arena struct {
	chunks [][]byte
	used   int // of the last chunk
}

func (a *arena) take(n int) []byte {
	if len(a.chunks) == 0 || len(a.chunks[len(a.chunks)-1])-a.used < n {
		a.chunks = append(a.chunks, make([]byte, max(n, chunkSize)))
		a.used = 0
	}
	p := a.chunks[len(a.chunks)-1][a.used : a.used+n : a.used+n]
	a.used += n
	return p
}

func (a *arena) reset() {
	if poison {
		for _, c := range a.chunks {
			for i := range c {
				c[i] = 0xDB
			}
		}
	}
	if len(a.chunks) > 1 { // keep what is enough for most
		clear(a.chunks[1:])
		a.chunks = a.chunks[:1]
	}
	a.used = 0
}
