package relay

import (
	"bytes"
	"context"
	"sync"
	"time"

	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// receiver decodes the lines of one listener and reports each batch to the
// destinations.
type receiver struct {
	listener     *listen.Listener
	format       format
	dec          reporters.Decoder
	relay        *Relay
	destinations []*destination

	batch reporters.Batch // owned by run

	mu     sync.Mutex
	counts ledger.Listener // guarded by mu; what the listener does not count
}

func newReceiver(l *listen.Listener, f format, r *Relay, destinations []*destination) *receiver {
	return &receiver{listener: l, format: f, dec: f.newDecoder(), relay: r, destinations: destinations}
}

func (r *receiver) run(ctx context.Context) error {
	// Lines that were accepted are reported even when ctx has ended.
	report := context.WithoutCancel(ctx)
	return r.listener.Run(ctx, func(lines []byte) { r.process(report, lines) })
}

// batchBytes is how many bytes are decoded at a time: so many stay in the
// processor's cache.
const batchBytes = 64 << 10

// process decodes whole lines and reports them.
func (r *receiver) process(ctx context.Context, lines []byte) {
	for len(lines) > 0 {
		n := len(lines)
		if n > batchBytes {
			n = cut(lines, batchBytes)
		}
		r.report(ctx, lines[:n])
		lines = lines[n:]
	}
}

// cut returns the end of the last line that ends within n bytes, or else of
// the first line.
func cut(lines []byte, n int) int {
	for i := n - 1; i >= 0; i-- {
		if lines[i] == '\n' {
			return i + 1
		}
	}
	for n < len(lines) && lines[n-1] != '\n' {
		n++
	}
	return n
}

func (r *receiver) report(ctx context.Context, lines []byte) {
	b := &r.batch
	b.Reset()
	b.At, b.Format = time.Now(), r.format.name
	r.dec.Decode(b, lines)
	r.count(b, int64(bytes.Count(lines, []byte{'\n'})))
	if len(b.Lines) == 0 {
		return
	}
	for _, d := range r.destinations {
		if err := d.Reporter.Report(ctx, b); err != nil {
			r.relay.logFailure(d, err)
		}
	}
}

// count accounts for a batch of so many lines. They are counted by their line
// feeds and not by the decoder, so that a line that a decoder loses shows as
// unaccounted for.
func (r *receiver) count(b *reporters.Batch, lines int64) {
	r.mu.Lock()
	r.counts.Accepted += int64(len(b.Lines))
	r.counts.Received += lines - b.Skipped
	for reason, n := range b.Rejected {
		r.counts.Reject(reason, n)
	}
	r.mu.Unlock()
	r.relay.rejected.add(r.listener.Name(), b.RejectedLines)
}

// ledger accounts for all lines of the listener.
func (r *receiver) ledger() ledger.Listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listener.Ledger().Add(r.counts)
}
