package reporters

import (
	"bytes"
	"context"

	"monkit.example/reporters/ledger"
)

// Pairing is implemented by encoders some of whose lines need the line before them,
// such as a gauge of statsd that is set to zero so that it can be moved below it. A
// [Pusher] keeps both in one payload, also of lines that were received.
type Pairing interface {
	// Pairs reports whether second needs first, the line before it. Both have
	// their line feeds.
	Pairs(first, second []byte) bool
}

// firstOfPairLocked returns the length of the last line of before, if the first one
// of after needs it, and else 0.
func (p *Pusher) firstOfPairLocked(before, after []byte) int {
	if p.pairs == nil || len(before) == 0 || len(after) == 0 {
		return 0
	}
	start := bytes.LastIndexByte(before[:len(before)-1], '\n') + 1
	if !p.pairs.Pairs(before[start:], after[:lineLen(after)]) {
		return 0
	}
	return len(before) - start
}

// lineLen returns the length of the first line of text with its line feed.
func lineLen(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

// sendBeforeLocked sends buf[:start]. If the line at start needs the one before it,
// that stays in buf.
func (p *Pusher) sendBeforeLocked(ctx context.Context, start int) {
	first := p.firstOfPairLocked(p.buf[:start], p.buf[start:])
	if first == 0 {
		p.sendLocked(ctx, start)
		return
	}
	if first < start {
		p.sendButLastLocked(ctx, start-first)
	}
}

// sendButLastLocked sends the first n bytes of buf, which settle all lines counted so
// far but one, if there is one: what a split run has left may settle none.
func (p *Pusher) sendButLastLocked(ctx context.Context, n int) {
	last := min(p.lines, 1)
	p.lines -= last
	p.sendLocked(ctx, n)
	p.lines += last
}

// splitLocked sends buf in several payloads: the text of one run, or of one
// received line, that is larger than a payload or has a line over MaxLine.
// Such a line is dropped, and so is a pair that is larger than a payload. Each
// payload settles its share of lines, and the last one the rest.
func (p *Pusher) splitLocked(ctx context.Context, lines int) {
	lines += p.lines // of the first of a pair
	p.lines = 0
	text := bytes.Clone(p.buf)
	total, seen, settled := p.unitsLocked(text), 0, 0
	share := func() int { // of lines, for the next line of text or pair
		seen++
		n := lines*seen/total - settled
		settled += n
		return n
	}
	p.buf = p.buf[:0]
	for len(text) > 0 {
		end, tooLong := p.unitLocked(text)
		if tooLong {
			p.book.Drop(ledger.Oversize, int64(share()))
			text = text[end:]
			continue
		}
		if len(p.buf)+end > p.opts.MaxPayload {
			p.sendLocked(ctx, len(p.buf))
		}
		p.buf = append(p.buf, text[:end]...)
		p.lines += share()
		text = text[end:]
	}
}

// unitsLocked returns how many lines text has, of which those of a pair are one.
func (p *Pusher) unitsLocked(text []byte) (n int) {
	for len(text) > 0 {
		end, _ := p.unitLocked(text)
		text = text[end:]
		n++
	}
	return n
}

// unitLocked returns the length of the line at the start of text, or of a pair of
// lines, and whether that is too long to be sent.
func (p *Pusher) unitLocked(text []byte) (end int, tooLong bool) {
	end = lineLen(text)
	tooLong = end > p.opts.MaxLine
	if p.firstOfPairLocked(text[:end], text[end:]) > 0 {
		second := lineLen(text[end:])
		end += second
		tooLong = tooLong || second > p.opts.MaxLine || end > p.opts.MaxPayload
	}
	return end, tooLong
}
