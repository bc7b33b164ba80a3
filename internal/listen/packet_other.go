//go:build !linux

package listen

import (
	"time"

	"monkit.example/internal/endpoint"
)

// packetSys reads one datagram at a time.
type packetSys struct{ buf []byte }

func (c *packetConn) setUp(ep endpoint.Endpoint, o Options) error {
	c.sys.buf = make([]byte, maxDatagram+1) // one more, to tell what was cut
	if err := c.conn.SetReadBuffer(o.RcvBuf); err != nil {
		o.Logger.Warn("the system gave no larger receive buffer; bursts may be lost",
			"address", ep.Address, "asked", o.RcvBuf, "err", err)
	}
	return nil
}

// read waits for a datagram and calls take with it. There may always be more.
func (c *packetConn) read(take func(p []byte, cut bool)) (more bool, err error) {
	n, err := c.conn.Read(c.sys.buf)
	if err != nil {
		return false, err
	}
	take(c.sys.buf[:min(n, maxDatagram)], n > maxDatagram)
	return true, nil
}

// readNow is read with next to no waiting: an error means that nothing is
// there.
func (c *packetConn) readNow(take func(p []byte, cut bool)) error {
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // if it fails, so does the read
	_, err := c.read(take)
	return err
}

func (c *packetConn) close() error { return c.conn.Close() }

func (c *packetConn) kernel() kernelCounts { return kernelCounts{} }
