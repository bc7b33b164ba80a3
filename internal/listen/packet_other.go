//go:build !linux

package listen

import (
	"fmt"
	"net"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/ready"
)

// datagramConn is what the sockets of UDP and unixgram have in common.
type datagramConn interface {
	net.PacketConn
	SetReadBuffer(bytes int) error
}

// packetSys reads one datagram at a time.
type packetSys struct {
	conn datagramConn
	from func(p []byte) (n int, from Sender, err error) // reads without an allocation
	buf  []byte
}

// setUp makes c own the socket of conn. If it fails the socket is closed.
func (c *packetConn) setUp(conn net.PacketConn, ep endpoint.Endpoint, o Options) error {
	dc, ok := conn.(datagramConn)
	if !ok {
		conn.Close() // the error below is the cause
		return fmt.Errorf("%s has no receive buffer to set; use udp", ep.Transport)
	}
	c.sys = packetSys{conn: dc, from: readerOf(conn), buf: make([]byte, maxDatagram+1)} // one byte more shows that a datagram was cut
	if err := dc.SetReadBuffer(o.RcvBuf); err != nil {
		o.Logger.Warn("the system gave no larger receive buffer; bursts may be lost",
			"address", ep.Address, "asked", o.RcvBuf, "err", err)
	}
	return nil
}

// readerOf returns how to read a datagram and who sent it.
func readerOf(conn net.PacketConn) func(p []byte) (int, Sender, error) {
	if udp, ok := conn.(*net.UDPConn); ok {
		return func(p []byte) (int, Sender, error) {
			n, from, err := udp.ReadFromUDPAddrPort(p)
			return n, senderAt(from), err
		}
	}
	return func(p []byte) (int, Sender, error) {
		n, from, err := conn.ReadFrom(p)
		return n, SenderOf(from), err
	}
}

// read waits for a datagram and calls put with it. Its coalescer never delays,
// because the size of the receive buffer is unknown.
func (c *packetConn) read(done <-chan struct{}, put func(p []byte, from Sender, cut bool)) error {
	c.coalescer.wait(done) // fails only for sockets with a poll
	n, from, err := c.sys.from(c.sys.buf)
	if err != nil {
		return err
	}
	c.coalescer.consumed(large)
	put(c.sys.buf[:min(n, maxDatagram)], from, n > maxDatagram)
	return nil
}

// readNow is read with hardly any wait. An error means that the kernel holds
// no datagram.
func (c *packetConn) readNow(put func(p []byte, from Sender, cut bool)) error {
	c.sys.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // if it fails, so does the read
	err := c.read(nil, put)
	if isTimeout(err) && ready.Read(c.sys.conn) {
		return nil // this process did not run in the meantime
	}
	return err
}

// interrupt ends the read that waits and keeps later ones from waiting.
func (c *packetConn) interrupt() {
	c.sys.conn.SetReadDeadline(time.Now()) // fails only if the socket is closed, which ends reads too
}

func (c *packetConn) close() error { return c.sys.conn.Close() }

// kernel returns counts that are not known.
func (c *packetConn) kernel() kernelCounts { return kernelCounts{} }
