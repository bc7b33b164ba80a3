package reporters

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/examples"
	"monkit.example/internal/safelog"
	"monkit.example/internal/serieskey"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// maxLine is below the limit of every known receiver: the least is DogStatsD's
// 8192 bytes. Formats whose receivers take more have a limit of their own.
const maxLine = 8000

// PusherOptions configure a Pusher. The zero value works.
type PusherOptions struct {
	// MaxPayload is the size limit of a payload in bytes. Zero means 1432,
	// which keeps a datagram inside one Ethernet frame.
	MaxPayload int
	// MaxLine is the size limit of a line in bytes, with its line feed. A longer one
	// is dropped as ledger.Oversize, unless the encoder is a LineSplitter and can
	// split it. A line over MaxPayload is a payload of its own. Zero means 8000, or
	// MaxPayload if that is less.
	MaxLine int
	// Format is the encoder's format. Lines that were received in this format
	// are sent unchanged. Empty means that all lines are encoded.
	Format string
	// Name is the Pusher's name in logs and series, such as
	// "graphite+tcp://127.0.0.1:2003". Empty means Format.
	Name string
	// Book is the book that the Sender counts with, which must be a
	// ledger.Keeper then. The Pusher counts in it what is accepted, and what is
	// dropped before it is sent. Nil means that the Sender has its own ledger,
	// or none.
	Book *ledger.Book
	// Logger logs names that collide, if the encoder is a NameChecker. Nil means
	// that of SetLogger.
	Logger *slog.Logger
}

// Pusher is the Reporter of every line format. It encodes batches, cuts the
// lines into payloads, passes these to a Sender, and accounts for every line.
//
// Its ledger counts lines for a batch that was received, and points for the
// batch of a collector, of which most formats write one line each.
type Pusher struct {
	opts  PusherOptions
	out   Sender
	queue MoreSender      // out, if it is one
	skips SkipReasons     // the encoder, if it is one
	book  *ledger.Book    // that of the options, or what out does not count
	names NameChecker     // the encoder, if it is one
	pairs Pairing         // the encoder, if it is one
	split LineSplitter    // the encoder, if it is one
	heard ListenerEncoder // the encoder, if it is one
	sums  SumEncoder      // the encoder, if it is one
	key   monkit.SeriesKey
	log   atomic.Pointer[slog.Logger]
	long  longLines

	examples examples.Examples // of what the encoder has skipped

	mu    sync.Mutex
	enc   Encoder // guarded by mu, as all below
	buf   []byte  // the lines of the next payload
	lines int     // the number of lines that buf settles
	begun int     // while text is added to buf, the length before it plus one; else 0
	err   error   // the first error of out during this Report
	more  bool    // payloads were sent by SendMore, and none by Send since

	held     int           // points of the current walk that the encoder has added to sums
	interval time.Duration // of the last batch that had one
	collided int64         // points that the encoder has skipped because of their names
}

var (
	_ Reporter           = (*Pusher)(nil)
	_ Named              = (*Pusher)(nil)
	_ SpanReporter       = (*Pusher)(nil)
	_ Prompt             = (*Pusher)(nil)
	_ Availability       = (*Pusher)(nil)
	_ Logging            = (*Pusher)(nil)
	_ ledger.Keeper      = (*Pusher)(nil)
	_ monkit.TotalSource = (*Pusher)(nil)
)

// NewPusher returns a Pusher that encodes with enc and sends with out. Both
// belong to it from then on.
func NewPusher(enc Encoder, out Sender, o PusherOptions) *Pusher {
	if o.MaxPayload <= 0 {
		o.MaxPayload = 1432
	}
	if o.MaxLine <= 0 {
		o.MaxLine = min(maxLine, o.MaxPayload)
	}
	if o.Name == "" {
		o.Name = o.Format
	}
	p := &Pusher{opts: o, enc: enc, out: out, book: o.Book}
	p.queue, _ = out.(MoreSender)
	p.skips, _ = enc.(SkipReasons)
	p.names, _ = enc.(NameChecker)
	p.pairs, _ = enc.(Pairing)
	p.split, _ = enc.(LineSplitter)
	p.heard, _ = enc.(ListenerEncoder)
	p.sums, _ = enc.(SumEncoder)
	p.key = monkit.NewSeriesKey("send").WithTag("destination", o.Name)
	p.log.Store(safelog.Wrap(o.Logger))
	if p.book == nil {
		p.book = ledger.NewBook()
	}
	return p
}

// Report encodes b and passes it to the sender. It returns the sender's first
// error; payloads after that one are passed to the sender all the same.
func (p *Pusher) Report(ctx context.Context, b *Batch) error {
	defer p.logCollisions()
	return p.report(ctx, b.More, func() {
		p.beginBatchLocked(b)
		if b.Format != "" {
			p.addLinesLocked(ctx, b)
		} else {
			p.addPointsLocked(ctx, b.Points)
			p.addSumsLocked(ctx)
		}
	})
}

// report holds the lock while addLocked adds what is to be reported, and sends that
// unless more follows.
func (p *Pusher) report(ctx context.Context, more bool, addLocked func()) error {
	defer p.logLongLines()
	p.mu.Lock()
	defer p.mu.Unlock()
	done := false
	defer p.settleLocked(&done)
	p.err = nil
	addLocked()
	err := p.endReportLocked(ctx, more)
	done = true
	return err
}

// endReportLocked sends what is left, unless more follows. It returns the first
// error of the report.
func (p *Pusher) endReportLocked(ctx context.Context, more bool) error {
	if !more {
		p.sendAllLocked(ctx)
	}
	err := p.err
	p.err = nil
	return err
}

// sendAllLocked has the sender send everything.
func (p *Pusher) sendAllLocked(ctx context.Context) {
	if len(p.buf) > 0 || p.more {
		p.more = false
		p.passLocked(ctx, p.buf, p.out.Send)
		p.buf = p.buf[:0]
	}
}

// beginBatchLocked passes the interval of b to the sender, and to the encoder the
// listener, which points without lines may have, too.
func (p *Pusher) beginBatchLocked(b *Batch) {
	p.setIntervalLocked(b.Interval)
	if p.heard != nil {
		p.heard.BeginListener(b.Listener)
	}
}

// setIntervalLocked passes a new interval of the batches to the sender.
func (p *Pusher) setIntervalLocked(d time.Duration) {
	if d <= 0 || d == p.interval {
		return
	}
	p.interval = d
	if s, ok := p.out.(Paced); ok {
		s.SetInterval(d)
	}
}

// addPointsLocked encodes the points of a collector, run by run.
func (p *Pusher) addPointsLocked(ctx context.Context, points []Point) {
	p.book.Accept(int64(len(points)))
	if p.names != nil {
		p.names.BeginBatch(points)
		defer p.names.EndBatch()
	}
	for len(points) > 0 {
		n := runLen(points)
		p.addRunLocked(ctx, points[:n])
		points = points[n:]
	}
}

func (p *Pusher) addRunLocked(ctx context.Context, run []Point) {
	start := len(p.buf)
	buf, skipped := p.enc.AppendRun(p.buf, run)
	if skipped > 0 {
		for reason, n := range p.skipsLocked(run, skipped-p.heldLocked()) {
			p.book.Drop(reason, n)
			p.keepExample(reason, nil, run)
		}
	}
	p.buf = buf // not before: the encoder may panic
	p.addTextLocked(ctx, start, len(run)-skipped)
}

// addLinesLocked copies or encodes the lines of a batch that was received.
func (p *Pusher) addLinesLocked(ctx context.Context, b *Batch) {
	p.book.Accept(int64(len(b.Lines)))
	same := b.Format == p.opts.Format
	for _, l := range b.Lines {
		start := len(p.buf)
		if same && l.Raw != nil {
			p.buf = append(append(p.buf, l.Raw...), '\n')
		} else if reason := p.encodeLineLocked(b.Points[l.First : l.First+l.N]); reason != "" {
			p.book.Drop(reason, 1)
			p.keepExample(reason, l.Raw, b.Points[l.First:l.First+l.N])
			continue
		}
		p.addTextLocked(ctx, start, 1)
	}
}

// skipsLocked returns why the encoder skipped so many points of run.
func (p *Pusher) skipsLocked(run []Point, skipped int) (counts ledger.Counts) {
	rest := int64(skipped)
	collided := min(p.newCollisionsLocked(), rest)
	counts.Count(ledger.NameCollision, collided)
	rest -= collided
	if p.skips != nil {
		for reason, n := range p.skips.SkipReasons() {
			n = min(n, rest)
			counts.Count(reason, n)
			rest -= n
		}
	}
	infinite := min(int64(notFinite(run)), rest)
	counts.Count(ledger.NotFinite, infinite)
	counts.Count(ledger.Unsupported, rest-infinite)
	return counts
}

// encodeLineLocked encodes a line. If no point of it was encoded it returns the
// reason, else "".
func (p *Pusher) encodeLineLocked(points []Point) ledger.Reason {
	var skips ledger.Counts
	held, buf := false, p.buf
	for len(points) > 0 {
		n, skipped := runLen(points), 0
		buf, skipped = p.enc.AppendRun(buf, points[:n])
		held = held || skipped < n
		if skipped > 0 {
			for reason, n := range p.skipsLocked(points[:n], skipped) {
				skips.Count(reason, n)
			}
		}
		points = points[n:]
	}
	p.buf = buf // not before: the encoder may panic
	if held {
		return ""
	}
	return reasonOf(skips)
}

// addTextLocked adds p.buf[start:], the text of so many lines, to the payload.
// If the payload gets too large with it, what is before start is sent.
func (p *Pusher) addTextLocked(ctx context.Context, start, lines int) {
	if len(p.buf) == start { // nothing to send: the destination has these values
		p.book.Sent(int64(lines))
		return
	}
	p.begun = start + 1
	p.fitTextLocked(ctx, start, lines)
	p.begun = 0
}

// fitTextLocked is addTextLocked for text that is not empty.
func (p *Pusher) fitTextLocked(ctx context.Context, start, lines int) {
	if len(p.buf) > p.opts.MaxPayload {
		p.sendBeforeLocked(ctx, start)
		if len(p.buf) > p.opts.MaxPayload || p.tooLongLocked(0) {
			p.splitLocked(ctx, lines)
			return
		}
	} else if p.tooLongLocked(start) {
		p.sendBeforeLocked(ctx, start)
		p.splitLocked(ctx, lines)
		return
	}
	p.lines += lines
}

// tooLongLocked reports whether p.buf[start:] has a line over MaxLine.
func (p *Pusher) tooLongLocked(start int) bool {
	return len(p.buf)-start > p.opts.MaxLine && longestLine(p.buf[start:]) > p.opts.MaxLine
}

// sendLocked passes the first n bytes of buf to the sender, which settle all
// lines counted so far, and keeps the rest.
func (p *Pusher) sendLocked(ctx context.Context, n int) {
	if n == 0 {
		return
	}
	p.sendMoreLocked(ctx, p.buf[:n])
	p.buf = append(p.buf[:0], p.buf[n:]...)
}

// sendMoreLocked passes a payload to the sender, which another one follows.
func (p *Pusher) sendMoreLocked(ctx context.Context, payload []byte) {
	if p.queue == nil {
		p.passLocked(ctx, payload, p.out.Send)
		return
	}
	p.more = true
	p.passLocked(ctx, payload, p.queue.SendMore)
}

// passLocked passes a payload, which settles all lines counted so far, to the
// sender by send.
func (p *Pusher) passLocked(ctx context.Context, payload []byte, send func(ctx context.Context, payload []byte, lines int) error) {
	lines := p.lines
	p.lines = 0
	if err := send(ctx, payload, lines); err != nil {
		p.book.Drop(ledger.ReasonOf(err), int64(lines))
		if p.err == nil {
			p.err = err
		}
	} else if _, ok := p.out.(ledger.Keeper); !ok {
		p.book.Sent(int64(lines))
	}
}

// Name returns PusherOptions.Name.
func (p *Pusher) Name() string { return p.opts.Name }

// SetLogger passes l to the sender, if that is a Logging, and logs names that
// collide with it unless the options have a logger.
func (p *Pusher) SetLogger(l *slog.Logger) (logs bool) {
	p.log.CompareAndSwap(nil, safelog.Wrap(l))
	s, ok := p.out.(Logging)
	return ok && s.SetLogger(l)
}

// Unavailable returns why the destination does not get its lines, if the sender
// is an Availability.
func (p *Pusher) Unavailable() error {
	if s, ok := p.out.(Availability); ok {
		return s.Unavailable()
	}
	return nil
}

// Flush waits until the sender has delivered or dropped everything.
func (p *Pusher) Flush(ctx context.Context) error {
	p.sendKept(ctx)
	return p.out.Flush(ctx)
}

// Close closes the sender.
func (p *Pusher) Close(ctx context.Context) error {
	p.sendKept(ctx)
	return p.out.Close(ctx)
}

// sendKept sends what waits for a batch after one with More. The sender counts
// what it drops because ctx has ended.
func (p *Pusher) sendKept(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sendAllLocked(context.WithoutCancel(ctx))
	p.err = nil // the lines are dropped, which the ledger shows
}

// Ledger accounts for every line that was reported.
func (p *Pusher) Ledger() ledger.Ledger {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ledgerLocked()
}

func (p *Pusher) ledgerLocked() ledger.Ledger {
	counts := p.book.Ledger()
	counts.Pending = 0 // what waits is counted, not derived, so that a lost line is found
	s, ok := p.out.(ledger.Keeper)
	switch {
	case p.opts.Book != nil && ok:
		counts = s.Ledger()
	case ok:
		l := s.Ledger()
		l.Accepted = 0 // the sender's lines are in those that the Pusher accepted
		counts = counts.Add(l)
	}
	counts.Pending += int64(p.lines)
	return counts
}

// Stats emits the series of the sender, if it is a monkit.StatSource, and
// name_collisions if the encoder is a NameChecker.
func (p *Pusher) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	p.emitCollisions(cb)
	if s, ok := p.out.(monkit.StatSource); ok {
		s.Stats(cb)
	}
}

// IsTotal asks the sender, if it is a monkit.TotalSource.
func (p *Pusher) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if field == nameCollisions && key.Measurement == p.key.Measurement {
		return true, true
	}
	if s, ok := p.out.(monkit.TotalSource); ok {
		return s.IsTotal(key, field)
	}
	return false, false
}

// runLen returns how many of points, at least one, have the Key and Time of
// the first.
func runLen(points []Point) int {
	first := &points[0]
	n := 1
	for n < len(points) {
		p := &points[n]
		if p.Time != first.Time || !serieskey.Equal(p.Key, first.Key) {
			break
		}
		n++
	}
	return n
}

// notFinite returns how many of points are NaN or infinite.
func notFinite(points []Point) int {
	n := 0
	for i := range points {
		if !Finite(points[i].Value) {
			n++
		}
	}
	return n
}

// reasonOf returns the reason of a line whose points were skipped: the one that
// can be mended, if there are several.
func reasonOf(skips ledger.Counts) ledger.Reason {
	for _, reason := range skips.Reasons() {
		if reason != ledger.Unsupported {
			return reason
		}
	}
	return ledger.Unsupported
}

// longestLine returns the length of the longest line of text with its line
// feed.
func longestLine(text []byte) int {
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
