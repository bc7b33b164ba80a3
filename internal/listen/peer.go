package listen

import (
	"net"
	"net/netip"

	"monkit.example/internal/peerhost"
)

// peer is the other end of a connection.
type peer struct {
	text string       // with the port, for logs
	host netip.Prefix // what connections of one host have in common; zero for a unix socket
}

func peerOf(conn net.Conn) peer {
	switch addr := conn.RemoteAddr().(type) {
	case *net.TCPAddr:
		return peer{text: addr.String(), host: peerhost.Of(addr.AddrPort().Addr())}
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
