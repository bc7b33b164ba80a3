package listen

import (
	"bytes"
	"context"

	"monkit.example/internal/line"
	"monkit.example/reporters/ledger"
)

// direct passes the datagrams of each read on without the ring. It belongs to
// the goroutine of Run.
type direct struct {
	take  func(texts []Text, more bool) // nil if the ring is used
	texts []Text                        // of the last read; its memory is used again
	more  bool                          // of the last take
	bytes int                           // taken since the last take without more
	held  bool                          // more was set because of a delay
}

// readPackets reads datagrams until ctx ends, then those that the kernel still
// holds.
func (l *Listener) readPackets(ctx context.Context) error {
	defer l.endDirect()
	defer l.Close()
	put := l.putPacket
	return l.runAndDrain(ctx, input{
		what: "reading datagrams", verb: "read",
		once: func() error {
			err := l.packet.read(ctx.Done(), put)
			l.passDirect(err == nil && l.moreFollows())
			return err
		},
		interrupt: l.packet.interrupt,
		drain: func() error {
			err := l.packet.readNow(put)
			l.passDirect(err == nil)
			return err
		},
	})
}

// moreFollows reports whether another take follows within moments: at once, if
// the kernel has more, or after one delay, if little was read, so that half as
// many wake-ups are needed to send it. With 25 000 lines/s these are most of what
// a line costs.
func (l *Listener) moreFollows() bool {
	d, c := &l.direct, l.packet
	if c.more {
		return true
	}
	d.held = !d.held && c.coalescer.due && d.size() < enough
	c.more = d.held // the next read returns although it may find nothing
	return d.held
}

// size returns how many bytes were read since the last take without more.
func (d *direct) size() int {
	n := d.bytes
	for _, p := range d.texts {
		n += len(p.Lines)
	}
	return n
}

// passDirect takes the datagrams of the last read. more says whether another
// read follows at once.
func (l *Listener) passDirect(more bool) {
	d := &l.direct
	if len(d.texts) > 0 || d.more && !more {
		d.bytes = d.size()
		if !more {
			d.bytes = 0
		}
		d.take(d.texts, more)
		d.texts, d.more = d.texts[:0], more
	}
}

// endDirect makes good on the last more.
func (l *Listener) endDirect() { l.passDirect(false) }

// putPacket keeps one datagram to be taken, or puts it into the ring. If the
// kernel cut it, only its whole lines are put. The byte behind p may be written.
func (l *Listener) putPacket(p []byte, from Sender, cut bool) {
	l.counts.datagrams.Add(1)
	l.counts.bytes.Add(int64(len(p)))
	if cut {
		whole := line.Whole(p)
		l.reject(ledger.Truncated, 1) // at least: the kernel does not report how many lines it cut
		l.rejected(ledger.Truncated, from, p[whole:], 1)
		p = p[:whole]
	}
	if p = datagramText(p); len(p) == 0 {
		return
	}
	if l.direct.take != nil {
		if p[len(p)-1] != '\n' {
			p = append(p, '\n')
		}
		l.receive(p)
		l.direct.texts = append(l.direct.texts, Text{p, from})
		return
	}
	received := l.receive(p)
	if !l.ring.offer(p, from) {
		l.counts.rejectedDatagrams.Add(1)
		n := countLines(p)
		l.opts.Book.Skip(received - n)
		l.opts.Book.Reject(ledger.RingFull, n)
		l.rejected(ledger.RingFull, from, nil, n)
	}
}

// receive counts the lines of p, the last of which may lack its end, as received.
// Blank ones are counted too, because it is faster to take them back later.
func (l *Listener) receive(p []byte) (lines int64) {
	lines = int64(bytes.Count(p, newline))
	if withEnd(p) > len(p) {
		lines++
	}
	l.opts.Book.Receive(lines)
	return lines
}

var newline = []byte{'\n'}

// reject counts lines that came in and go no further.
func (l *Listener) reject(reason ledger.Reason, lines int64) {
	l.opts.Book.Receive(lines)
	l.opts.Book.Reject(reason, lines)
}
