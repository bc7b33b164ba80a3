package reporters

import (
	"bytes"
	"context"
)

// Pairing is implemented by encoders some of whose lines need the line before them,
// such as a gauge of statsd that is set to zero so that it can be moved below it. A
// [Pusher] keeps both in one payload, also of lines that were received.
type Pairing interface {
	// Pairs reports whether second needs first, the line before it. Both have
	// their line feeds.
	Pairs(first, second []byte) bool
}

// LineSplitter is implemented by encoders whose format can have several values in a
// line. A [Pusher] splits received lines with it that are larger than a payload.
type LineSplitter interface {
	// AppendSplit appends lines that mean together what line means, each of at most
	// limit bytes. line has its line feed, and so have these. It reports false if it
	// cannot, and has appended nothing then.
	AppendSplit(dst, line []byte, limit int) (out []byte, ok bool)
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
// Such a line is split if that is possible, and else dropped, and so is a pair that is
// too long. Each payload settles its share of lines, and the last one the rest.
func (p *Pusher) splitLocked(ctx context.Context, lines int) {
	lines += p.lines // of the first of a pair
	p.lines = 0
	text := p.splitLinesLocked(bytes.Clone(p.buf))
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
			p.dropLongLocked(text[:end], share())
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

// splitLinesLocked splits the lines of text that are larger than a payload, as far as
// the format can. One that cannot be split for a payload is, if it is over MaxLine,
// split into lines that are not.
func (p *Pusher) splitLinesLocked(text []byte) []byte {
	if p.split == nil || longestLine(text) <= p.usualLine() {
		return text
	}
	var all []byte
	for len(text) > 0 {
		line := text[:lineLen(text)]
		text = text[len(line):]
		ok := false
		for _, limit := range []int{p.usualLine(), p.opts.MaxLine} {
			if len(line) > limit && !ok {
				all, ok = p.split.AppendSplit(all, line, limit)
			}
		}
		if !ok {
			all = append(all, line...)
		}
	}
	return all
}

// usualLine returns the length up to which lines share payloads.
func (p *Pusher) usualLine() int { return min(p.opts.MaxLine, p.opts.MaxPayload) }

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
		tooLong = tooLong || second > p.opts.MaxLine || end > max(p.opts.MaxPayload, p.opts.MaxLine)
	}
	return end, tooLong
}
