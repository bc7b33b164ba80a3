package relay

import (
	"bytes"
	"context"
	"sync"
	"time"

	"monkit.example/internal/ledger"
	"monkit.example/internal/listen"
	"monkit.example/reporters"
)

// intake is the way from a listener to the destinations: it decodes what
// comes out of the ring and reports each batch to all.
type intake struct {
	listener *listen.Listener
	format   format
	dec      reporters.Decoder
	relay    *Relay
	dests    []*dest

	batch reporters.Batch // owned by run

	mu     sync.Mutex
	counts ledger.Intake // guarded by mu
}

func newIntake(l *listen.Listener, f format, r *Relay, dests []*dest) *intake {
	return &intake{listener: l, format: f, dec: f.newDecoder(), relay: r, dests: dests}
}

func (in *intake) run(ctx context.Context) error {
	// What was accepted is handed on even when ctx has ended.
	handing := context.WithoutCancel(ctx)
	return in.listener.Run(ctx, func(lines []byte) { in.take(handing, lines) })
}

// perBatch is how many bytes are decoded at a time: what stays in the
// processor's cache.
const perBatch = 64 << 10

// take decodes whole lines and hands them on.
func (in *intake) take(ctx context.Context, lines []byte) {
	for len(lines) > 0 {
		n := len(lines)
		if n > perBatch {
			n = cut(lines, perBatch)
		}
		in.handOn(ctx, lines[:n])
		lines = lines[n:]
	}
}

// cut is the end of the last line that ends within n, or of the first line.
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

func (in *intake) handOn(ctx context.Context, lines []byte) {
	b := &in.batch
	b.Reset()
	b.At, b.Format = time.Now(), in.format.name
	in.dec.Decode(b, lines)
	in.count(b, int64(bytes.Count(lines, []byte{'\n'})))
	if len(b.Lines) == 0 {
		return
	}
	for _, d := range in.dests {
		if err := d.Reporter.Report(ctx, b); err != nil {
			in.relay.refused(d, err)
		}
	}
}

// count accounts for a batch that was made of so many lines. The decoder's
// word is not taken for that: a line that it lost would not be missed.
func (in *intake) count(b *reporters.Batch, lines int64) {
	in.mu.Lock()
	in.counts.Accepted += int64(len(b.Lines))
	in.counts.Received += lines - b.Skipped
	for why, n := range b.Rejected {
		in.counts.Reject(why, n)
	}
	in.mu.Unlock()
	in.relay.bad.add(in.listener.Name(), b.Bad)
}

// ledger accounts for all lines that the listener saw.
func (in *intake) ledger() ledger.Intake {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.listener.Intake().Add(in.counts)
}
