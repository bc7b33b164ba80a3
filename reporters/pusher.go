package reporters

import (
	"bytes"
	"context"
	"sync"

	"monkit.example/internal/ledger"
	"monkit.example/monkit"
)

// maxLine is below every known receiver's limit: DogStatsD's 8192 bytes are
// the least.
const maxLine = 8000

// PusherOptions say how payloads are cut.
type PusherOptions struct {
	// MaxPayload is the most bytes of one payload. Zero means 1432, which
	// keeps a datagram inside one Ethernet frame.
	MaxPayload int
	// MaxLine is the most bytes of one line; a longer one is dropped and
	// counted. Zero means 8000; it is never more than MaxPayload.
	MaxLine int
	// Format is the codec's name: lines of a batch of this format pass as they
	// came in. Empty means that all are encoded.
	Format string
	// Name is what logs and statistics call the Pusher, such as
	// "graphite+tcp://127.0.0.1:2003". Empty means Format.
	Name string
}

// Pusher is the Reporter of every line format: it has batches encoded, cuts
// the lines into payloads and hands these to a Sender, counting every line.
//
// The unit of its ledger is one line of a batch from the wire, or one point
// of a collector's batch, which is what most formats write one line for.
type Pusher struct {
	opts PusherOptions
	enc  Encoder // used under mu
	out  Sender

	mu     sync.Mutex
	buf    []byte // the payload in the making
	lines  int    // that buf settles
	counts ledger.Ledger
	err    error // of this Report: the first payload that was not taken
}

// NewPusher returns a Pusher that encodes with enc and sends with out, both
// of which are its own from here on.
func NewPusher(enc Encoder, out Sender, o PusherOptions) *Pusher {
	if o.MaxPayload <= 0 {
		o.MaxPayload = 1432
	}
	if o.MaxLine <= 0 {
		o.MaxLine = maxLine
	}
	o.MaxLine = min(o.MaxLine, o.MaxPayload)
	if o.Name == "" {
		o.Name = o.Format
	}
	return &Pusher{opts: o, enc: enc, out: out}
}

// Report encodes b and hands it to the sender. The error is the first
// payload's that the sender did not take; all others were still handed over.
func (p *Pusher) Report(ctx context.Context, b *Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = nil
	if b.Format != "" {
		p.addLines(ctx, b)
	} else {
		p.addPoints(ctx, b.Points)
	}
	p.send(ctx, len(p.buf))
	err := p.err
	p.err = nil
	return err
}

// addPoints encodes the points of a collector, run by run.
func (p *Pusher) addPoints(ctx context.Context, points []Point) {
	p.counts.Accepted += int64(len(points))
	for len(points) > 0 {
		n := runLen(points)
		p.addRun(ctx, points[:n])
		points = points[n:]
	}
}

func (p *Pusher) addRun(ctx context.Context, run []Point) {
	start := len(p.buf)
	skipped := 0
	p.buf, skipped = p.enc.AppendRun(p.buf, run)
	p.counts.Drop("unencodable", int64(skipped))
	p.settle(ctx, start, len(run)-skipped)
}

// addLines passes on or encodes the lines of a batch from the wire.
func (p *Pusher) addLines(ctx context.Context, b *Batch) {
	p.counts.Accepted += int64(len(b.Lines))
	same := b.Format == p.opts.Format
	for _, l := range b.Lines {
		start := len(p.buf)
		if same && l.Raw != nil {
			p.buf = append(append(p.buf, l.Raw...), '\n')
		} else if !p.encodeLine(b.Points[l.First : l.First+l.N]) {
			p.counts.Drop("unencodable", 1)
			continue
		}
		p.settle(ctx, start, 1)
	}
}

// encodeLine reports whether the format can hold any of the line's points.
func (p *Pusher) encodeLine(points []Point) bool {
	held := false
	for len(points) > 0 {
		n, skipped := runLen(points), 0
		p.buf, skipped = p.enc.AppendRun(p.buf, points[:n])
		held = held || skipped < n
		points = points[n:]
	}
	return held
}

// settle accounts for lines whose text is p.buf[start:], sending what stands
// before it if the payload would get too large with it.
func (p *Pusher) settle(ctx context.Context, start, lines int) {
	if len(p.buf) == start { // nothing to say: the destination has it all
		p.counts.Delivered += int64(lines)
		return
	}
	if len(p.buf) > p.opts.MaxPayload {
		p.send(ctx, start)
		if len(p.buf) > p.opts.MaxPayload || p.tooLong() {
			p.split(ctx, lines)
			return
		}
	} else if len(p.buf)-start > p.opts.MaxLine && longest(p.buf[start:]) > p.opts.MaxLine {
		p.send(ctx, start)
		p.split(ctx, lines)
		return
	}
	p.lines += lines
}

func (p *Pusher) tooLong() bool {
	return len(p.buf) > p.opts.MaxLine && longest(p.buf) > p.opts.MaxLine
}

// split sends what one run or line became when that is more than a payload,
// or has a line that is too long: such a line is dropped. The unit that
// settles is shared out among the payloads: each takes its lines, the last
// one the rest.
func (p *Pusher) split(ctx context.Context, lines int) {
	text := bytes.Clone(p.buf)
	total, seen, settled := bytes.Count(text, []byte{'\n'}), 0, 0
	share := func() int { // of lines, for the text lines up to seen
		n := lines*seen/total - settled
		settled += n
		return n
	}
	p.buf = p.buf[:0]
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		line := text[:end]
		text = text[end:]
		if end > p.opts.MaxLine {
			seen++
			p.counts.Drop("oversize", int64(share()))
			continue
		}
		if len(p.buf)+end > p.opts.MaxPayload {
			p.send(ctx, len(p.buf))
		}
		seen++
		p.buf = append(p.buf, line...)
		p.lines += share()
	}
}

// send hands the first n bytes of buf to the sender and keeps the rest. The
// lines counted so far go with them.
func (p *Pusher) send(ctx context.Context, n int) {
	if n == 0 {
		return
	}
	lines := p.lines
	p.lines = 0
	if err := p.out.Send(ctx, p.buf[:n], lines); err != nil {
		p.counts.Drop("refused", int64(lines))
		if p.err == nil {
			p.err = err
		}
	} else if _, ok := p.out.(ledger.Ledgered); !ok {
		p.counts.Delivered += int64(lines)
	}
	p.buf = append(p.buf[:0], p.buf[n:]...)
}

// Name is what the options say.
func (p *Pusher) Name() string { return p.opts.Name }

// Unavailable returns why the destination does not take what is sent. It is
// nil while it does, and if a logger of the sender's own was told.
func (p *Pusher) Unavailable() error {
	if s, ok := p.out.(interface{ Unavailable() error }); ok {
		return s.Unavailable()
	}
	return nil
}

// Flush waits until the sender has nothing left.
func (p *Pusher) Flush(ctx context.Context) error { return p.out.Flush(ctx) }

// Close closes the sender.
func (p *Pusher) Close(ctx context.Context) error { return p.out.Close(ctx) }

// Ledger accounts for every line that was reported.
func (p *Pusher) Ledger() ledger.Ledger {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := p.counts.Clone()
	sum.Pending += int64(p.lines)
	if s, ok := p.out.(ledger.Ledgered); ok {
		l := s.Ledger()
		l.Accepted = 0 // they are among ours already
		sum = sum.Add(l)
	}
	return sum
}

// Stats emits what the sender says of itself.
func (p *Pusher) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	if s, ok := p.out.(monkit.StatSource); ok {
		s.Stats(cb)
	}
}

// IsTotal asks the sender.
func (p *Pusher) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if s, ok := p.out.(monkit.TotalSource); ok {
		return s.IsTotal(key, field)
	}
	return false, false
}

// runLen is how many of points, at least one, are of the first one's series
// and time.
func runLen(points []Point) int {
	first := &points[0]
	n := 1
	for n < len(points) {
		p := &points[n]
		if p.Time != first.Time || p.Key.Tags != first.Key.Tags || p.Key.Measurement != first.Key.Measurement {
			break
		}
		n++
	}
	return n
}

// longest is the length of the longest line of text, its end included.
func longest(text []byte) int {
	most := 0
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		most = max(most, n)
		text = text[n:]
	}
	return most
}

var (
	_ Reporter           = (*Pusher)(nil)
	_ ledger.Ledgered    = (*Pusher)(nil)
	_ monkit.TotalSource = (*Pusher)(nil)
)
