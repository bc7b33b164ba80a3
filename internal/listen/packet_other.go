//go:build !linux

package listen

import (
	"fmt"
	"io"
	"net"
	"time"

	"monkit.example/internal/endpoint"
)

// datagramConn is what the sockets of UDP and unixgram have in common.
type datagramConn interface {
	net.PacketConn
	io.Reader // like ReadFrom, but allocates no address
	SetReadBuffer(bytes int) error
}

// packetSys reads one datagram at a time.
type packetSys struct {
	conn datagramConn
	buf  []byte
}

// setUp makes c own the socket of conn. If it fails the socket is closed.
func (c *packetConn) setUp(conn net.PacketConn, ep endpoint.Endpoint, o Options) error {
	dc, ok := conn.(datagramConn)
	if !ok {
		conn.Close() // the error below is the cause
		return fmt.Errorf("%s has no receive buffer to set; use udp", ep.Transport)
	}
	c.sys = packetSys{conn: dc, buf: make([]byte, maxDatagram+1)} // one byte more shows that a datagram was cut
	if err := dc.SetReadBuffer(o.RcvBuf); err != nil {
		o.Logger.Warn("the system gave no larger receive buffer; bursts may be lost",
			"address", ep.Address, "asked", o.RcvBuf, "err", err)
	}
	return nil
}

// read waits for a datagram and calls put with it. Its coalescer never delays,
// because the size of the receive buffer is unknown.
func (c *packetConn) read(done <-chan struct{}, put func(p []byte, cut bool)) error {
	c.coalescer.wait(done) // fails only for sockets with a poll
	n, err := c.sys.conn.Read(c.sys.buf)
	if err != nil {
		return err
	}
	c.coalescer.consumed(large)
	put(c.sys.buf[:min(n, maxDatagram)], n > maxDatagram)
	return nil
}

// readNow is read with hardly any wait. An error means that the kernel holds
// no datagram.
func (c *packetConn) readNow(put func(p []byte, cut bool)) error {
	c.sys.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // if it fails, so does the read
	return c.read(nil, put)
}

// interrupt ends the read that waits and keeps later ones from waiting.
func (c *packetConn) interrupt() {
	c.sys.conn.SetReadDeadline(time.Now()) // fails only if the socket is closed, which ends reads too
}

func (c *packetConn) close() error { return c.sys.conn.Close() }

// kernel returns counts that are not known.
func (c *packetConn) kernel() kernelCounts { return kernelCounts{} }
