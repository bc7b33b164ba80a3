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
	p.mu.Lock()
	defer p.mu.Unlock()
	done := false
	defer p.settleLocked(&done)
	p.err = nil
	p.book.Accept(int64(b.Accepted()))
	for _, s := range b.Spans {
		if s.Longest > p.opts.MaxLine {
			p.addLinesOfSpanLocked(ctx, s)
		} else {
			p.addSpanLocked(ctx, s)
		}
	}
	err := p.endReportLocked(ctx, b.More)
	done = true
	return err
}

// addSpanLocked adds a span without a line over MaxLine to the payload. When the
// payload is full, it is sent.
func (p *Pusher) addSpanLocked(ctx context.Context, s Span) {
	for len(s.Text) > 0 {
		n := p.fitsLocked(s.Text)
		lines := s.Lines
		if n < len(s.Text) {
			lines = bytes.Count(s.Text[:n], []byte{'\n'})
		}
		p.lines += lines
		switch {
		case len(p.buf) == 0 && n > p.opts.MaxPayload/2: // a copy would save nothing
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
	return bytes.LastIndexByte(text[:room], '\n') + 1
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
