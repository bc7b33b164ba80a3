//go:build !linux

package listen

import (
	"fmt"
	"io"
	"net"
	"time"

	"monkit.example/internal/endpoint"
)

// datagramConn is what both kinds of datagram socket can do.
type datagramConn interface {
	net.PacketConn
	io.Reader // as ReadFrom, without making an address each time
	SetReadBuffer(bytes int) error
}

// packetSys reads one datagram at a time.
type packetSys struct {
	conn datagramConn
	buf  []byte
}

// setUp makes conn its own, even if it fails.
func (c *packetConn) setUp(conn net.PacketConn, ep endpoint.Endpoint, o Options) error {
	dc, ok := conn.(datagramConn)
	if !ok {
		conn.Close() // the error below says more
		return fmt.Errorf("%s has no receive buffer to set; use udp", ep.Transport)
	}
	c.sys = packetSys{conn: dc, buf: make([]byte, maxDatagram+1)} // one more, to tell what was cut
	if err := dc.SetReadBuffer(o.RcvBuf); err != nil {
		o.Logger.Warn("the system gave no larger receive buffer; bursts may be lost",
			"address", ep.Address, "asked", o.RcvBuf, "err", err)
	}
	return nil
}

// read waits for a datagram and calls take with it. Its coalescer never
// delays: the size of the receive buffer is unknown.
func (c *packetConn) read(done <-chan struct{}, take func(p []byte, cut bool)) error {
	c.coalescer.wait(done) // fails for sockets with a poll only
	n, err := c.sys.conn.Read(c.sys.buf)
	if err != nil {
		return err
	}
	c.coalescer.consumed(large)
	take(c.sys.buf[:min(n, maxDatagram)], n > maxDatagram)
	return nil
}

// readNow is read with next to no waiting: an error means that nothing is
// there.
func (c *packetConn) readNow(take func(p []byte, cut bool)) error {
	c.sys.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // if it fails, so does the read
	return c.read(nil, take)
}

// interrupt ends all waiting for good.
func (c *packetConn) interrupt() {
	c.sys.conn.SetReadDeadline(time.Now()) // if it fails the socket is closed, and so is reading
}

func (c *packetConn) close() error { return c.sys.conn.Close() }

func (c *packetConn) kernel() kernelCounts { return kernelCounts{} }
