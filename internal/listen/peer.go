package listen

import (
	"net"
	"net/netip"
)

// peer is the other end of a connection.
type peer struct {
	text string       // for logs and examples, see Rejected.From
	host netip.Prefix // what connections of one host have in common; zero for a unix socket
}

// hostBits is the part of an IPv6 address that is one host: who has one address
// has at least a /64 of them.
const hostBits = 64

func peerOf(conn net.Conn) peer {
	switch addr := conn.RemoteAddr().(type) {
	case *net.TCPAddr:
		ip := addr.AddrPort().Addr().Unmap().WithZone("")
		host, _ := ip.Prefix(min(ip.BitLen(), hostBits)) // fails only for an address that is none
		return peer{text: addr.String(), host: host}
	case *net.UnixAddr:
		if addr != nil && addr.Name != "" {
			return peer{text: addr.Name}
		}
	case nil:
	default:
		return peer{text: addr.String()}
	}
	return peer{text: "@"}
}
