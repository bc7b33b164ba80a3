package servers

import (
	"net"
	"testing"
)

// Send sends the text to an address in one connection or datagram, without any
// client library.
func Send(t testing.TB, network, addr, text string) {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}
