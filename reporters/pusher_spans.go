package reporters

import (
	"bytes"
	"context"
)

// MoreSender is implemented by senders that queue payloads and send them later,
// whose Send never blocks.
type MoreSender interface {
	Sender
	// SendMore is Send for a payload that is followed by another one, or by Send
	// with an empty payload. It need not be sent before that.
	SendMore(ctx context.Context, payload []byte, lines int) error
}

// IsPrompt reports whether the sender is a [MoreSender].
func (p *Pusher) IsPrompt() bool { return p.queue != nil }

// TakesSpans reports whether format is that of the encoder.
func (p *Pusher) TakesSpans(format string) bool { return format == p.opts.Format }

// ReportSpans is Report for a batch that has spans. Their bytes are copied into
// payloads, or passed to the sender where they are.
func (p *Pusher) ReportSpans(ctx context.Context, b *Batch) error {
	return p.report(ctx, b.More, func() {
		p.book.Accept(int64(b.Accepted()))
		for _, s := range b.Spans {
			if s.Longest > p.usualLine() {
				p.addLinesOfSpanLocked(ctx, s)
			} else {
				p.addSpanLocked(ctx, s)
			}
		}
	})
}

// addSpanLocked adds a span whose lines all fit in a payload to it. When the
// payload is full, it is sent.
func (p *Pusher) addSpanLocked(ctx context.Context, s Span) {
	for len(s.Text) > 0 {
		n := p.fitsLocked(s.Text)
		if n == 0 {
			p.makeRoomLocked(ctx, s.Text)
			continue
		}
		lines := s.Lines
		if n < len(s.Text) {
			lines = bytes.Count(s.Text[:n], []byte{'\n'})
		}
		p.lines += lines
		switch {
		case len(p.buf) == 0 && n > p.opts.MaxPayload/2 && (n < len(s.Text) || p.pairs == nil):
			// A copy would save nothing, and no line of the next span can need the last one.
			p.sendMoreLocked(ctx, s.Text[:n])
		case n < len(s.Text):
			p.buf = append(p.buf, s.Text[:n]...)
			p.sendLocked(ctx, len(p.buf))
		default:
			p.buf = append(p.buf, s.Text...)
		}
		s.Text, s.Lines = s.Text[n:], s.Lines-lines
	}
}

// fitsLocked returns how many bytes of text, which is whole lines, fit in the
// payload. It is zero only if the payload is not empty.
func (p *Pusher) fitsLocked(text []byte) int {
	room := max(p.opts.MaxPayload-len(p.buf), 0)
	if len(text) <= room {
		return len(text)
	}
	n := bytes.LastIndexByte(text[:room], '\n') + 1
	if first := p.firstOfPairLocked(text[:n], text[n:]); first < n || len(p.buf) > 0 {
		return n - first
	}
	return n // the pair is larger than a payload
}

// makeRoomLocked sends the payload, to which no line of text fits. If the first line
// of text needs the last one of the payload, that stays.
func (p *Pusher) makeRoomLocked(ctx context.Context, text []byte) {
	first := p.firstOfPairLocked(p.buf, text)
	if first == 0 || first == len(p.buf) {
		p.sendLocked(ctx, len(p.buf))
		return
	}
	p.sendButLastLocked(ctx, len(p.buf)-first)
}

// addLinesOfSpanLocked adds a span line by line.
func (p *Pusher) addLinesOfSpanLocked(ctx context.Context, s Span) {
	for text := s.Text; len(text) > 0; {
		end := bytes.IndexByte(text, '\n') + 1
		start := len(p.buf)
		p.buf = append(p.buf, text[:end]...)
		p.addTextLocked(ctx, start, 1)
		text = text[end:]
	}
}
