package listen

import (
	"bytes"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// peers makes senders of the names that the kernel writes for datagrams. It
// allocates nothing for those of IP.
type peers struct {
	path string // of the last unix socket that has one
}

// sender returns the sender with a name of so many bytes.
func (p *peers) sender(name *unix.RawSockaddrAny, size int) Sender {
	switch name.Addr.Family {
	case unix.AF_INET:
		if size >= unix.SizeofSockaddrInet4 {
			return Sender{ip: netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr)}
		}
	case unix.AF_INET6:
		if size >= unix.SizeofSockaddrInet6 {
			return senderOf6((*unix.RawSockaddrInet6)(unsafe.Pointer(name)))
		}
	}
	return p.unixSender((*unix.RawSockaddrUnix)(unsafe.Pointer(name)), size)
}

func senderOf6(name *unix.RawSockaddrInet6) Sender {
	ip := netip.AddrFrom16(name.Addr).Unmap()
	if name.Scope_id != 0 && ip.Is6() {
		ip = ip.WithZone(strconv.FormatUint(uint64(name.Scope_id), 10))
	}
	return Sender{ip: ip}
}

// unixSender returns the sender with a name of a unix socket. The kernel leaves a
// name empty, or writes the family alone, if the socket is not bound. A name that
// begins with NUL is abstract, which is written with @.
func (p *peers) unixSender(name *unix.RawSockaddrUnix, size int) Sender {
	const begin = int(unsafe.Offsetof(name.Path))
	if size <= begin {
		return Sender{path: unnamed}
	}
	var path [len(name.Path)]byte
	for i, c := range name.Path {
		path[i] = byte(c)
	}
	text := path[:min(size-begin, len(path))]
	if text[0] == 0 {
		text[0] = '@'
	} else if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	if string(text) != p.path {
		p.path = string(text)
	}
	return Sender{path: p.path}
}
