// Package peerhost says which addresses are one host, for limits that are shared
// fairly by hosts.
package peerhost

import "net/netip"

// bits is the part of an IPv6 address that is one host: who has one address has at
// least a /64 of them.
const bits = 64

// Of returns what the addresses of the host of ip have in common: an IPv4 address, also
// on a socket of IPv6, or the /64 of an IPv6 address. It is the zero Prefix for the zero
// Addr.
func Of(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	host, _ := ip.Prefix(min(ip.BitLen(), bits)) // fails only for the zero Addr
	return host
}
