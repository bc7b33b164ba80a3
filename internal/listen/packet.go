package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"monkit.example/internal/endpoint"
)

// maxDatagram is more than any datagram of UDP can hold.
const maxDatagram = 64 << 10

// packetConn is a datagram socket. How it reads, and whether it knows what
// the kernel dropped, is up to the system: setUp, read, readNow, interrupt,
// kernel and close stand in packet_linux.go and packet_other.go.
type packetConn struct {
	addr   net.Addr
	rcvbuf int // bytes that the kernel gave; zero if it does not say
	sys    packetSys

	coalescer coalescer // owned by read
}

// kernelCounts is what the kernel says of a datagram socket.
type kernelCounts struct {
	known  bool
	drops  int64 // datagrams since the socket was made
	queued int64 // bytes that wait to be read, with the kernel's own overhead
}

func bindPacket(ctx context.Context, conf net.ListenConfig, ep endpoint.Endpoint, o Options) (*packetConn, error) {
	conn, err := conf.ListenPacket(ctx, ep.Transport, ep.Address)
	if err != nil {
		return nil, err
	}
	c := &packetConn{addr: conn.LocalAddr()}
	if err := c.setUp(conn, ep, o); err != nil {
		return nil, err
	}
	return c, nil
}

// readPackets reads datagrams into the ring until ctx ends, and then what the
// kernel has left.
func (l *Listener) readPackets(ctx context.Context) error {
	defer l.Close()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		l.packet.interrupt()
	})
	if err := l.readUntil(ctx); err != nil {
		if !stop() {
			<-interrupted
		}
		return err
	}
	<-interrupted // or its deadline would come in the midst of draining
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		if l.packet.readNow(l.takePacket) != nil {
			break
		}
	}
	return nil
}

// readUntil reads until ctx ends or the socket breaks.
func (l *Listener) readUntil(ctx context.Context) error {
	t := trouble{log: l.opts.Logger.With("listener", l.name), what: "reading datagrams"}
	take := l.takePacket
	for {
		err := l.packet.read(ctx.Done(), take)
		switch {
		case err == nil:
			t.worked()
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("read %s: %w", l.name, err)
		default:
			l.counts.troubles.Add(1)
			t.failed(ctx, err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// takePacket puts one datagram into the ring. Of one that the kernel cut only
// the whole lines are good.
func (l *Listener) takePacket(p []byte, cut bool) {
	l.counts.datagrams.Add(1)
	l.counts.bytes.Add(int64(len(p)))
	if cut {
		p = p[:wholeLines(p)]
		l.counts.rejected[truncatedTail].Add(1) // of how many it was nobody knows
	}
	if len(p) > 0 && !l.ring.offer(p) {
		l.counts.refusedFull.Add(1)
		l.counts.rejected[ringFull].Add(countLines(p))
	}
}
