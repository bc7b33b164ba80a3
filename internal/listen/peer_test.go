package listen

import (
	"net"
	"testing"
)

// connFrom is a connection from an address.
type connFrom struct {
	net.Conn
	addr net.Addr
}

func (c connFrom) RemoteAddr() net.Addr { return c.addr }

func TestPeerIsAHost(t *testing.T) {
	tcp := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 7} }
	for _, tt := range []struct {
		name       string
		addr       net.Addr
		text, host string
	}{
		{"IPv4", tcp("10.1.2.3"), "10.1.2.3:7", "10.1.2.3/32"},
		{"IPv4 in IPv6 is the same host", tcp("::ffff:10.1.2.3"), "10.1.2.3:7", "10.1.2.3/32"},
		{"IPv6 is a host by its /64", tcp("2001:db8:1:2:3:4:5:6"), "[2001:db8:1:2:3:4:5:6]:7", "2001:db8:1:2::/64"},
		{"link-local with a zone", &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 7}, "[fe80::1%eth0]:7", "fe80::/64"},
		{"bound unix socket", &net.UnixAddr{Name: "/run/c.sock", Net: "unix"}, "/run/c.sock", "invalid Prefix"},
		{"unix socket as Linux reports it", &net.UnixAddr{Name: "@", Net: "unix"}, "@", "invalid Prefix"},
		{"unix socket without a name", &net.UnixAddr{Net: "unix"}, "@", "invalid Prefix"},
		{"no address", nil, "@", "invalid Prefix"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := peerOf(connFrom{addr: tt.addr})
			if p.text != tt.text || p.host.String() != tt.host {
				t.Errorf("peerOf() = %q of %v, want %q of %s", p.text, p.host, tt.text, tt.host)
			}
		})
	}
}
