//go:build !linux

package listen

import "time"

// packetSys reads one datagram at a time.
type packetSys struct{ buf []byte }

func (c *packetConn) setUp(o Options) error {
	c.sys.buf = make([]byte, maxDatagram+1) // one more, to tell what was cut
	if err := c.conn.SetReadBuffer(o.RcvBuf); err != nil {
		o.Logger.Warn("the system gave no larger receive buffer; bursts may be lost",
			"address", c.conn.LocalAddr().String(), "asked", o.RcvBuf, "err", err)
	}
	return nil
}

// read waits for a datagram and calls take with it.
func (c *packetConn) read(take func(p []byte, cut bool)) error {
	n, _, err := c.conn.ReadFrom(c.sys.buf)
	if err != nil {
		return err
	}
	take(c.sys.buf[:min(n, maxDatagram)], n > maxDatagram)
	return nil
}

// drain is read with next to no waiting: an error means that nothing is there.
func (c *packetConn) drain(take func(p []byte, cut bool)) error {
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // if it fails, so does the read
	return c.read(take)
}

func (c *packetConn) drops() (int64, bool) { return 0, false }

func (c *packetConn) lastDrops() {}
