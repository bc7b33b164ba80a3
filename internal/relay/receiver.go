package relay

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// receiver decodes the lines of one listener and reports each batch to the
// destinations.
type receiver struct {
	listener     *listen.Listener
	dec          reporters.Decoder
	lines        string                 // format of what dec decodes
	spans        *reporters.SpanDecoder // nil if a destination needs points
	relay        *Relay
	destinations []*destination
	before       int64 // lines that the listener had accepted before this run, by its book
	badReadings  atomic.Int64

	rejected *rejectedLines

	// Owned by run.
	batch    reporters.Batch
	counts   ledger.Counts            // of the lines of one sender that were rejected
	examples []reporters.RejectedLine // of these
}

func newReceiver(l *listen.Listener, a listenAddress, r *Relay, destinations []*destination) *receiver {
	rec := &receiver{listener: l, dec: a.decoder, lines: a.format.name, relay: r, destinations: destinations}
	rec.before, rec.rejected = rec.ledger().Accepted, r.rejected.of(l.Name())
	if n, ok := rec.dec.(reporters.Named); ok {
		rec.lines = n.Name()
	}
	if all(destinations, func(d *destination) bool { return d.takesSpans(rec.lines) }) {
		rec.spans = reporters.NewSpanDecoder(rec.dec)
	}
	return rec
}

func all(destinations []*destination, is func(*destination) bool) bool {
	for _, d := range destinations {
		if !is(d) {
			return false
		}
	}
	return true
}

// takesSpans reports whether d needs no points of lines in the format.
func (d *destination) takesSpans(format string) bool {
	r, ok := d.Reporter.(reporters.SpanReporter)
	return ok && r.TakesSpans(format)
}

// isPrompt reports whether d can be reported to by a goroutine that must not
// wait.
func (d *destination) isPrompt() bool {
	r, ok := d.Reporter.(reporters.Prompt)
	return ok && r.IsPrompt()
}

func (r *receiver) run(ctx context.Context) error {
	// Lines that were accepted are reported even when ctx has ended.
	report := context.WithoutCancel(ctx)
	return r.listener.Run(ctx, func(texts []listen.Text, more bool) { r.process(report, texts, more) })
}

// batchBytes is how many bytes are decoded at a time: so many stay in the
// processor's cache.
const batchBytes = 64 << 10

// process decodes texts of whole lines and reports them. more is true if it is
// called again within moments.
func (r *receiver) process(ctx context.Context, texts []listen.Text, more bool) {
	r.begin()
	size := 0
	for _, text := range texts {
		for lines := text.Lines; len(lines) > 0; {
			n := cut(lines, batchBytes)
			if size > 0 && size+n > batchBytes {
				r.report(ctx, true)
				r.begin()
				size = 0
			}
			r.decodeFrom(text.From, lines[:n])
			size += n
			lines = lines[n:]
		}
	}
	r.report(ctx, more)
}

// cut returns the end of the last line that ends within n bytes, or else of
// the first line.
func cut(lines []byte, n int) int {
	if len(lines) <= n {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:n], '\n') + 1; end > 0 {
		return end
	}
	if end := bytes.IndexByte(lines[n:], '\n'); end >= 0 {
		return n + end + 1
	}
	return len(lines)
}

// begin starts a batch.
func (r *receiver) begin() {
	r.batch.Reset()
	r.batch.At, r.batch.Format, r.batch.Listener = time.Now(), r.lines, r.listener.Name()
}

// decodeFrom adds whole lines of one sender to the batch.
func (r *receiver) decodeFrom(from listen.Sender, lines []byte) {
	b := &r.batch
	counts, examples, readings := b.Rejected, b.RejectedLines, b.BadReadings
	b.Rejected, b.RejectedLines = r.counts, r.examples[:0]
	r.decode(lines)
	if readings = b.BadReadings - readings; len(b.Rejected) > 0 || readings > 0 {
		r.rejected.addBatch(b, readings, from)
		for reason, n := range b.Rejected {
			counts.Count(reason, n)
		}
		examples = append(examples, b.RejectedLines[:min(len(b.RejectedLines), max(maxExamples-len(examples), 0))]...)
		clear(b.Rejected)
	}
	r.counts, r.examples = b.Rejected, b.RejectedLines
	b.Rejected, b.RejectedLines = counts, examples
}

// maxExamples is how many rejected lines of all senders a batch has.
const maxExamples = 16

// decode adds whole lines to the batch.
func (r *receiver) decode(lines []byte) {
	if r.spans != nil {
		r.spans.Decode(&r.batch, lines)
	} else {
		r.dec.Decode(&r.batch, lines)
	}
}

// report reports the batch. more is true if another one follows within moments.
func (r *receiver) report(ctx context.Context, more bool) {
	b := &r.batch
	b.More = more
	r.count(b)
	if b.Accepted() == 0 && more {
		return
	}
	for _, d := range r.destinations {
		if err := r.reportTo(ctx, d); err != nil {
			r.relay.logFailure(d, err)
		}
	}
}

func (r *receiver) reportTo(ctx context.Context, d *destination) error {
	if r.spans != nil {
		return d.Reporter.(reporters.SpanReporter).ReportSpans(ctx, &r.batch)
	}
	return d.Reporter.Report(ctx, &r.batch)
}

// count accounts for the lines of a batch, which the listener has counted as
// received. A line that a decoder loses stays pending.
func (r *receiver) count(b *reporters.Batch) {
	book := r.listener.Book()
	book.Skip(b.Skipped)
	book.Accept(int64(b.Accepted()))
	for reason, n := range b.Rejected {
		book.Reject(reason, n)
	}
	r.badReadings.Add(b.BadReadings)
	r.relay.addHints(b)
}

// ledger accounts for all lines of the listener.
func (r *receiver) ledger() ledger.Listener { return r.listener.Ledger() }
