package listen

import (
	"sync/atomic"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// reasons are all for which a listener rejects lines.
var reasons = [...]ledger.Reason{ledger.RingFull, ledger.BuffersFull, ledger.TooLong, ledger.Truncated, ledger.HTTPOnLinePort, ledger.TLSOnPlainPort}

// counts are what a listener has counted since it was opened. They are read
// while they grow.
type counts struct {
	bytes  atomic.Int64 // read
	errors atomic.Int64 // reads of datagrams or accepts that failed

	datagrams         atomic.Int64 // read
	rejectedDatagrams atomic.Int64 // of these, those that found the ring full

	openConns     atomic.Int64 // now, without those whose handshake is unfinished
	acceptedConns atomic.Int64
}

// Book returns the book that counts the lines.
func (l *Listener) Book() *ledger.ListenerBook { return l.opts.Book }

// Ledger accounts for the lines. What is pending waits in the ring, or is being
// taken.
func (l *Listener) Ledger() ledger.Listener { return l.opts.Book.Listener() }

// KernelDrops returns how many datagrams the kernel dropped on this socket
// because it was not read fast enough. ok is false if the system does not
// report that.
func (l *Listener) KernelDrops() (n int64, ok bool) {
	if l.packet == nil {
		return 0, false
	}
	k := l.packet.kernel()
	return k.drops, k.known
}

// keys are the keys of the series that Stats reports, made once so that a walk
// allocates nothing.
type keys struct {
	all      monkit.SeriesKey
	rejected [len(reasons)]monkit.SeriesKey
	conns    [numConnReasons]monkit.SeriesKey
}

func newKeys(name string) keys {
	k := keys{all: monkit.NewSeriesKey("listen").WithTag("listener", name)}
	for i, reason := range reasons {
		k.rejected[i] = k.all.WithTag("reason", string(reason))
	}
	for i, row := range connReasons {
		k.conns[i] = k.all.WithTag("reason", string(row.word))
	}
	return k
}

var _ monkit.TotalSource = (*Listener)(nil)

// Stats emits the series listen with the tag listener: how much arrived, how
// much waits in the ring, and with the tag reason how many lines, and connections,
// were rejected.
func (l *Listener) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	waiting, most := l.ring.usage()
	cb(l.keys.all, "bytes", float64(l.counts.bytes.Load()))
	cb(l.keys.all, "errors", float64(l.counts.errors.Load()))
	cb(l.keys.all, "ring_bytes", float64(waiting))
	cb(l.keys.all, "ring_max_bytes", float64(most))
	for i, reason := range reasons {
		cb(l.keys.rejected[i], "rejected_lines", float64(l.opts.Book.Rejected(reason)))
	}
	if l.packet != nil {
		l.packetStats(cb)
	} else {
		l.streamStats(cb)
	}
}

// IsTotal reports that every field of Stats is a total, except for those that
// report a current size or number.
func (l *Listener) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement != l.keys.all.Measurement || key.Tags.Get("listener") != l.name {
		return false, false
	}
	switch field {
	case "ring_bytes", "ring_max_bytes", "buffer_bytes", "buffer_max_bytes", "rcvbuf_bytes", "kernel_queue_bytes", "connections", "handshakes":
		return false, true
	}
	return true, true
}

func (l *Listener) packetStats(cb func(key monkit.SeriesKey, field string, val float64)) {
	cb(l.keys.all, "datagrams", float64(l.counts.datagrams.Load()))
	cb(l.keys.all, "rejected_datagrams", float64(l.counts.rejectedDatagrams.Load()))
	if l.packet.rcvbuf > 0 {
		cb(l.keys.all, "rcvbuf_bytes", float64(l.packet.rcvbuf))
	}
	if k := l.packet.kernel(); k.known {
		cb(l.keys.all, "kernel_dropped_datagrams", float64(k.drops))
		cb(l.keys.all, "kernel_queue_bytes", float64(k.queued))
	}
}

func (l *Listener) streamStats(cb func(key monkit.SeriesKey, field string, val float64)) {
	cb(l.keys.all, "connections", float64(l.counts.openConns.Load()))
	cb(l.keys.all, "accepted_connections", float64(l.counts.acceptedConns.Load()))
	cb(l.keys.all, "buffer_bytes", float64(l.buffers.usage()))
	cb(l.keys.all, "buffer_max_bytes", maxBuffers)
	for i, key := range l.keys.conns[:connReasonsOf(l.tls != nil)] {
		cb(key, "rejected_connections", float64(l.rejectedConns.counts[i].Load()))
	}
	if l.tls != nil {
		cb(l.keys.all, "handshakes", float64(l.handshakes.size()))
	}
}
