package listen

import (
	"context"

	"monkit.example/internal/line"
)

// readPackets reads datagrams into the ring until ctx ends, then those that
// the kernel still holds.
func (l *Listener) readPackets(ctx context.Context) error {
	defer l.Close()
	put := l.putPacket
	return l.runAndDrain(ctx, input{
		what: "reading datagrams", verb: "read",
		once:      func() error { return l.packet.read(ctx.Done(), put) },
		interrupt: l.packet.interrupt,
		drain:     func() error { return l.packet.readNow(put) },
	})
}

// putPacket puts one datagram into the ring. If the kernel cut it, only its
// whole lines are put.
func (l *Listener) putPacket(p []byte, cut bool) {
	l.counts.datagrams.Add(1)
	l.counts.bytes.Add(int64(len(p)))
	if cut {
		p = p[:line.Whole(p)]
		l.counts.rejected.truncated.Add(1) // at least: the kernel does not report how many lines it cut
	}
	if len(p) > 0 && !l.ring.offer(p) {
		l.counts.rejectedDatagrams.Add(1)
		l.counts.rejected.ringFull.Add(countLines(p))
	}
}
