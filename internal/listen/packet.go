package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// maxDatagram is more than any datagram can hold.
const maxDatagram = 64 << 10

// datagramConn is what both kinds of datagram socket can do.
type datagramConn interface {
	net.PacketConn
	SetReadBuffer(bytes int) error
}

// packetConn is a datagram socket. How it reads, and whether it knows what
// the kernel dropped, is up to the system.
type packetConn struct {
	conn   datagramConn
	rcvbuf int // bytes that the kernel gave; zero if it does not say
	sys    packetSys
}

func bindPacket(network, address string, o Options) (*packetConn, error) {
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	dc, ok := conn.(datagramConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("%s has no receive buffer to set", network)
	}
	c := &packetConn{conn: dc}
	if err := c.setUp(o); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// readPackets reads datagrams into the ring until ctx ends, and then what the
// kernel has left, for a second at most.
func (l *Listener) readPackets(ctx context.Context) error {
	defer l.closePackets()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		l.packet.conn.SetReadDeadline(time.Now())
	})
	for ctx.Err() == nil {
		if err := l.packet.read(l.takePacket); err != nil && ctx.Err() == nil {
			if errors.Is(err, net.ErrClosed) {
				stop()
				return fmt.Errorf("read %s: %w", l.name, err)
			}
			// Anything else is about one datagram, such as a refused reply.
			l.opts.Logger.Warn("reading a datagram failed", "listener", l.name, "err", err)
			pause(ctx)
		}
	}
	<-interrupted // or its deadline would come in the midst of draining
	for end := time.Now().Add(drainPackets); time.Now().Before(end); {
		if l.packet.drain(l.takePacket) != nil {
			break
		}
	}
	return nil
}

// drainPackets is how long datagrams that still come may hold up the end.
const drainPackets = time.Second

// closePackets closes the socket, whose count of drops is kept, and removes
// the file that a socket of the file system leaves behind.
func (l *Listener) closePackets() error {
	l.packet.lastDrops()
	err := l.packet.conn.Close()
	if l.path != "" {
		err = errors.Join(err, os.Remove(l.path))
	}
	return err
}

// pause keeps an error that repeats from becoming a busy loop.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Millisecond):
	}
}

// takePacket puts one datagram into the ring. Of one that the kernel cut only
// the whole lines are good.
func (l *Listener) takePacket(p []byte, cut bool) {
	l.datagrams.Add(1)
	if cut {
		whole := wholeLines(p)
		l.reject("truncated_tail", countLines(p[whole:]))
		p = p[:whole]
	}
	if len(p) > 0 && !l.ring.offer(p) {
		l.refused.Add(1)
		l.reject("ring_full", countLines(p))
	}
}
