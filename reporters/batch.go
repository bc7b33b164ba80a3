package reporters

import (
	"fmt"
	"math"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// Point is one value of one field of a series at one time.
type Point struct {
	Key   monkit.SeriesKey
	Field string // may be empty for a point that was received; the text of a SetMember
	Value float64
	Time  int64 // Unix nanoseconds

	// Series and ID are numbers that a collector gives to Key, and to Key and
	// Field, for as long as the series exists. They are zero for points that
	// were received. They are small and dense, so that an encoder finds what
	// it cached for a series without hashing text: see [Memo].
	Series, ID uint32

	Kind Kind

	// Stamped is true if the line that was received had the time, and false if
	// Time is when it was received.
	Stamped bool

	weight float64 // of a Sample; zero means 1
}

// Line is one accepted line that was received: its bytes and its points.
type Line struct {
	// Raw is the line without its line feed, with a timestamp. Destinations
	// of the batch's own format send it unchanged. If it is nil, the line must
	// be encoded from its points.
	Raw []byte
	// First and N select the line's points: Batch.Points[First : First+N].
	First, N int32
}

// RejectedLine is a line that a Decoder rejected, or of which it left out readings: then
// the Reason is ledger.BadReading.
type RejectedLine struct {
	Reason ledger.Reason
	Text   string // the line, cut to 512 bytes; it may hold credentials
	Err    error  // what is wrong in the line, and where
}

// maxRejectedLines is how many rejected lines one batch keeps for a page to
// show, besides the first of each reason. All are counted.
const maxRejectedLines = 16

const (
	// maxExampleText is how many bytes of a line are shown.
	maxExampleText = 200
	// maxRejectedText is how many bytes of a rejected line are kept: more than are
	// shown, so that what is cut is no part of a credential that can only be known
	// by its end, such as that of a URL.
	maxRejectedText = 512
)

// Batch holds the points of one walk, or the lines of one read. All reporters
// share it: nothing in it may be changed once it has been passed to the first.
// Its strings are valid until Reset.
type Batch struct {
	At       time.Time     // when it was measured or received
	Interval time.Duration // since the previous batch, by the monotonic clock; zero if unknown

	Points []Point

	// Format and Lines are set for lines that were received: the name of
	// their format, and the accepted ones in order. The points of a collector
	// belong to no line.
	Format string
	Lines  []Line

	// Spans has the accepted lines instead of Lines and Points, in a batch for
	// a [SpanReporter]. It is memory of the caller.
	Spans []Span

	// More is true if another batch for the same reporters follows within
	// moments, so that what is in this one need not be sent before.
	More bool

	Rejected      ledger.Counts  // number of rejected lines by reason
	RejectedLines []RejectedLine // the first few of them, and of lines with bad readings
	Skipped       int64          // empty lines and comments

	// BadReadings is the number of readings that were left out of accepted lines:
	// see RejectReadings.
	BadReadings int64

	// Listener is the name of the listener that received the lines. It is empty
	// for a collector.
	Listener string
	Hints    map[Hint]int64 // number of accepted lines by hint

	text arena
}

// Reset empties b so that it can be filled again, and invalidates all text
// that was copied into it. Under the race detector that text is overwritten,
// so that a test finds code that kept some.
func (b *Batch) Reset() {
	clear(b.Points) // releases the series they refer to
	clear(b.Lines)
	clear(b.Spans)
	clear(b.RejectedLines)
	clear(b.Rejected)
	b.Points, b.Lines, b.RejectedLines = b.Points[:0], b.Lines[:0], b.RejectedLines[:0]
	b.Spans, b.More = b.Spans[:0], false
	b.At, b.Interval, b.Format, b.Skipped = time.Time{}, 0, "", 0
	b.BadReadings = 0
	clear(b.Hints)
	b.Listener = ""
	b.text.reset()
}

// Copy copies p into memory of the batch and returns it as a string that is
// valid until Reset.
func (b *Batch) Copy(p []byte) string { return b.text.copyString(p) }

// CopyBytes is like Copy but returns bytes. They must not be changed.
func (b *Batch) CopyBytes(p []byte) []byte { return b.text.copy(p) }

// CloneKey returns a copy of key with text of its own, which stays valid when
// the batch of key is reset. A Reporter that keeps series must keep such copies.
func CloneKey(key monkit.SeriesKey) monkit.SeriesKey {
	tags := make([]monkit.SeriesTag, key.Tags.Len())
	for i := range tags {
		tag := key.Tags.At(i)
		tags[i] = monkit.NewSeriesTag(strings.Clone(tag.Key), strings.Clone(tag.Val))
	}
	return monkit.NewSeriesKey(strings.Clone(key.Measurement)).WithTags(tags...)
}

// AddLine adds an accepted line whose points are b.Points[first:]. raw must be
// memory of b, or nil.
func (b *Batch) AddLine(raw []byte, first int) {
	b.Lines = append(b.Lines, Line{Raw: raw, First: int32(first), N: int32(len(b.Points) - first)})
}

// SetWeight records that p, a Sample, stands for so many observations of its value: 10
// if its sender reports a tenth of them. It must be finite and above zero.
func (p *Point) SetWeight(weight float64) { p.weight = weight }

// Weight returns how many observations a Sample stands for, which need not be a whole
// number. It is 1 unless SetWeight has recorded another.
func (p *Point) Weight() float64 {
	if p.weight == 0 {
		return 1
	}
	return p.weight
}

// WholeWeight returns the weight as a whole number, of at least one, for formats that
// have whole numbers of observations.
func (p *Point) WholeWeight() int64 {
	if w := p.Weight(); w > 1 { // and a number
		return int64(math.Round(min(w, 1<<53)))
	}
	return 1
}

// Accepted returns how many received lines b holds.
func (b *Batch) Accepted() int {
	n := len(b.Lines)
	for i := range b.Spans {
		n += b.Spans[i].Lines
	}
	return n
}

// Reject counts a rejected line and keeps the first few with their errors, and the
// first of each reason. It copies what it keeps of line.
func (b *Batch) Reject(reason ledger.Reason, line []byte, err error) {
	b.Rejected.Count(reason, 1)
	if len(b.RejectedLines) < maxRejectedLines || b.Rejected[reason] == 1 {
		text := string(line[:min(len(line), maxRejectedText)])
		b.RejectedLines = append(b.RejectedLines, RejectedLine{Reason: reason, Text: text, Err: err})
	}
}

// RejectReadings counts n readings that are left out of line, which is accepted for its
// other readings, and keeps the first few such lines, and the first in any case. reading is the first of them, and
// err what is wrong with it. It copies what it keeps.
func (b *Batch) RejectReadings(n int64, line, reading []byte, err error) {
	first := b.BadReadings == 0
	b.BadReadings += n
	if len(b.RejectedLines) < maxRejectedLines || first {
		text := string(line[:min(len(line), maxRejectedText)])
		err = fmt.Errorf("reading %q is left out: %w", reading[:min(len(reading), maxRejectedText)], err)
		b.RejectedLines = append(b.RejectedLines, RejectedLine{Reason: ledger.BadReading, Text: text, Err: err})
	}
}
