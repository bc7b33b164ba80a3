package faultsink

import (
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// NewUDP listens on a free port of 127.0.0.1.
func NewUDP(t testing.TB) *Sink { return NewUDPAt(t, "127.0.0.1:0") }

// NewUDPAt listens on addr.
func NewUDPAt(t testing.TB, addr string) *Sink {
	t.Helper()
	return receive(t, "udp", addr)
}

// NewUnixgram listens on a datagram socket in a temporary directory.
func NewUnixgram(t testing.TB) *Sink {
	t.Helper()
	return receive(t, "unixgram", filepath.Join(t.TempDir(), "s"))
}

// NewUnixgramAt listens on a datagram socket at path, which must not exist.
func NewUnixgramAt(t testing.TB, path string) *Sink {
	t.Helper()
	return receive(t, "unixgram", path)
}

func receive(t testing.TB, network, addr string) *Sink {
	t.Helper()
	c, err := net.ListenPacket(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	s := newSink(t)
	s.addr = c.LocalAddr().String()
	var wg sync.WaitGroup
	wg.Go(func() { s.readDatagrams(c) })
	t.Cleanup(func() {
		close(s.end)
		c.Close()
		wg.Wait()
	})
	return s
}

func (s *Sink) readDatagrams(c net.PacketConn) {
	buf := make([]byte, 1<<16)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		s.visit()
		s.recordPayload(string(buf[:n]), string(buf[:n]))
	}
}
