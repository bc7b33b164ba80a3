package listen

import (
	"fmt"
	"net"
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
	conn datagramConn
	sys  packetSys
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
