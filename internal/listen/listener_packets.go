package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"monkit.example/internal/line"
)

// readPackets reads datagrams into the ring until ctx ends, then those that
// the kernel still holds.
func (l *Listener) readPackets(ctx context.Context) error {
	defer l.Close()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		l.packet.interrupt()
	})
	if err := l.readPacketsUntil(ctx); err != nil {
		if !stop() {
			<-interrupted
		}
		return err
	}
	<-interrupted // or its deadline would cut the draining short
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		if l.packet.readNow(l.putPacket) != nil {
			break
		}
	}
	return nil
}

// readPacketsUntil reads until ctx ends, which is no error, or the socket
// breaks.
func (l *Listener) readPacketsUntil(ctx context.Context) error {
	r := retrier{log: l.opts.Logger.With("listener", l.name), what: "reading datagrams"}
	put := l.putPacket
	for {
		err := l.packet.read(ctx.Done(), put)
		switch {
		case err == nil:
			r.succeeded()
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("read %s: %w", l.name, err)
		default:
			l.counts.errors.Add(1)
			r.failed(ctx, err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
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
