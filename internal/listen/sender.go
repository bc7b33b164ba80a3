package listen

import (
	"net"
	"net/netip"
)

// Text is whole lines of one sender.
type Text struct {
	Lines []byte
	From  Sender
}

// Sender is the host, or the socket, that lines came from. It is compared by value.
// The zero value is a sender that is not known.
type Sender struct {
	ip   netip.Addr
	path string // of a unix socket
}

// unnamed is the path of a unix socket that has none, as those of most clients.
const unnamed = "unix"

// String returns the address without a port, the path of a unix socket, or "unix"
// for one without a path. It is empty if the sender is not known.
func (s Sender) String() string {
	if s.ip.IsValid() {
		return s.ip.String()
	}
	return s.path
}

// SenderOf returns the sender at the other end of a connection.
func SenderOf(addr net.Addr) Sender {
	switch a := addr.(type) {
	case *net.TCPAddr:
		return senderAt(a.AddrPort())
	case *net.UDPAddr:
		return senderAt(a.AddrPort())
	case *net.UnixAddr:
		if a == nil || a.Name == "" || a.Name == "@" {
			return Sender{path: unnamed}
		}
		return Sender{path: a.Name}
	case nil:
		return Sender{}
	}
	return Sender{path: addr.Network()}
}

// senderAt returns the sender with an address. An IPv4 address is the same on a
// socket of IPv6.
func senderAt(a netip.AddrPort) Sender { return Sender{ip: a.Addr().Unmap()} }
