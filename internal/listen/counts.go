package listen

import (
	"bytes"
	"sync/atomic"

	"monkit.example/reporters/ledger"
)

// reason is why lines never came out of the ring.
type reason int

const (
	ringFull      reason = iota // a datagram that found no room
	tooLong                     // a line of a stream beyond Options.MaxLine
	truncatedTail               // a line whose end did not come
	reasons
)

var reasonNames = [reasons]string{"ring_full", "too_long", "truncated"}

// counts are read while they grow.
type counts struct {
	bytes    atomic.Int64 // that came in
	rejected [reasons]atomic.Int64

	datagrams   atomic.Int64 // read
	refusedFull atomic.Int64 // datagrams that found the ring full

	open     atomic.Int64 // streams
	accepted atomic.Int64 // streams so far
	refused  atomic.Int64 // streams beyond MaxConns
	idle     atomic.Int64 // streams closed for being idle
	noTLS    atomic.Int64 // streams whose handshake failed
	troubles atomic.Int64 // reads or accepts that failed
}

// Ledger accounts for the lines that were refused here; those that came out
// of the ring are the taker's to count.
func (l *Listener) Ledger() ledger.Listener {
	in := ledger.Listener{Rejected: make(ledger.Counts)}
	for why, name := range reasonNames {
		if n := l.counts.rejected[why].Load(); n > 0 {
			in.Rejected[ledger.Reason(name)] = n
			in.Received += n
		}
	}
	return in
}

// countLines is how many lines p holds, blank ones left out.
func countLines(p []byte) int64 {
	var n int64
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			end = len(p)
		}
		if !blank(p[:end]) {
			n++
		}
		p = p[min(end+1, len(p)):]
	}
	return n
}

// blank tells whether a line says nothing in any format, as reporters.Decoder
// has it: it holds spaces and tabs at most, and may end in a carriage return.
func blank(line []byte) bool {
	return len(bytes.TrimLeft(bytes.TrimSuffix(line, []byte{'\r'}), " \t")) == 0
}

// wholeLines is the length of p up to its last line end.
func wholeLines(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }
