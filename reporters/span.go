package reporters

import (
	"bytes"
	"context"
)

// Span is accepted lines of one format, one after the other, each with a time
// and its line feed. Destinations of that format get these bytes.
type Span struct {
	Text    []byte
	Lines   int
	Longest int // at least the length of the longest line, with its line feed
}

// Scanner is implemented by decoders that can examine lines without making
// points of them, which costs a part of that.
type Scanner interface {
	// Scan returns the lines at the start of p, which are whole, that Decode
	// accepts and keeps byte for byte in [Line.Raw]. It may end before the first
	// line that is unusual, and returns an empty span if that is the first. It
	// keeps no memory, and does not allocate.
	Scan(p []byte) Span
}

// ScanLines is the loop of a Scanner whose passes reports, for one line without its
// line feed, whether it belongs to the span.
func ScanLines(p []byte, passes func(line []byte) bool) Span {
	size, lines, longest := 0, 0, 0
	for size < len(p) {
		n := bytes.IndexByte(p[size:], '\n')
		if !passes(p[size : size+n]) {
			break
		}
		size += n + 1
		lines++
		longest = max(longest, n+1)
	}
	return Span{Text: p[:size], Lines: lines, Longest: longest}
}

// SpanReporter is implemented by reporters that do not need the points of lines
// in their own format.
type SpanReporter interface {
	// TakesSpans reports whether ReportSpans may be called for lines of the
	// format.
	TakesSpans(format string) bool
	// ReportSpans is Report for a batch whose lines are in Spans.
	ReportSpans(ctx context.Context, b *Batch) error
}

// Prompt is implemented by reporters that never wait for their destination.
type Prompt interface {
	// IsPrompt reports whether Report returns as soon as it has encoded and
	// queued the lines, so that a caller can use it where nothing may block.
	IsPrompt() bool
}

// SpanDecoder decodes received lines into spans. It belongs to one goroutine.
type SpanDecoder struct {
	dec  Decoder
	scan Scanner

	run  int    // lines to decode when the next scan finds none
	line []byte // scratch of addDecoded
}

// maxRun is how many lines are decoded at once at most, after the scanner has
// found nothing again and again: so many that a scan for each run costs little.
const maxRun = 64

// NewSpanDecoder returns a SpanDecoder of the lines that dec decodes, or nil if
// dec is no Scanner.
func NewSpanDecoder(dec Decoder) *SpanDecoder {
	scan, ok := dec.(Scanner)
	if !ok {
		return nil
	}
	return &SpanDecoder{dec: dec, scan: scan, run: 1}
}

// Decode adds the whole lines of p to b.Spans, b.Rejected and b.Skipped: exactly
// those that the decoder accepts, rejects and skips. Lines that the scanner does
// not accept are decoded; their points are not kept. The spans refer to p.
func (d *SpanDecoder) Decode(b *Batch, p []byte) {
	for len(p) > 0 {
		s := d.scan.Scan(p)
		if len(s.Text) > 0 {
			b.Spans = append(b.Spans, s)
			p, d.run = p[len(s.Text):], 1
			continue
		}
		n := runOf(p, d.run)
		d.addDecoded(b, p[:n])
		p, d.run = p[n:], min(2*d.run, maxRun)
	}
}

// runOf returns the length of the first n lines of p, or of p.
func runOf(p []byte, n int) (size int) {
	for ; n > 0 && size < len(p); n-- {
		size += bytes.IndexByte(p[size:], '\n') + 1
	}
	return size
}

// addDecoded decodes p and adds the lines that are accepted as one span.
func (d *SpanDecoder) addDecoded(b *Batch, p []byte) {
	lines, points := len(b.Lines), len(b.Points)
	d.dec.Decode(b, p)
	d.line = d.line[:0]
	s := Span{Lines: len(b.Lines) - lines}
	for _, l := range b.Lines[lines:] {
		s.Longest = max(s.Longest, len(l.Raw)+1)
		d.line = append(append(d.line, l.Raw...), '\n')
	}
	b.Lines, b.Points = b.Lines[:lines], b.Points[:points]
	if s.Lines > 0 {
		s.Text = b.CopyBytes(d.line)
		b.Spans = append(b.Spans, s)
	}
}
