package listen

import (
	"context"
	"net"

	"monkit.example/internal/endpoint"
)

// maxDatagram is more than any datagram of UDP can hold.
const maxDatagram = 64 << 10

// packetConn is a datagram socket. Each system reads it in its own way and may
// know what the kernel dropped, so setUp, read, readNow, interrupt, kernel and
// close are in packet_linux.go and packet_other.go. Only interrupt, kernel and
// close may be called while another call is under way.
type packetConn struct {
	addr   net.Addr
	rcvbuf int // bytes of the kernel's receive buffer; zero if unknown

	// Owned by read.
	sys       packetSys
	coalescer coalescer
	more      bool // the last read left datagrams in the kernel, as far as it can know
}

// kernelCounts is what the kernel reports about a datagram socket.
type kernelCounts struct {
	known  bool
	drops  int64 // datagrams since the socket was bound
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
