package listen

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hushed is how much a stream brings before it wakes anybody while its reader
// sleeps. Any receive window holds more.
const hushed = 32 << 10

// hush keeps a stream from waking anybody for little. The runtime waits for it
// all the time, so that it would wake a thread with every segment, even while
// nobody wants to know. The zero value does nothing.
type hush struct {
	raw   syscall.RawConn
	set   func(fd uintptr) // made once, so that setting allocates nothing
	lowat int              // for set
}

func newHush(conn net.Conn) *hush {
	h := &hush{}
	if tcp, ok := conn.(*net.TCPConn); ok { // others know no such thing
		h.raw, _ = tcp.SyscallConn() // nil if it is closed
		h.set = h.setLowat
	}
	return h
}

// begin makes the stream quiet. Its end is still told.
func (h *hush) begin() { h.wakeFrom(hushed) }

// end undoes begin. What came meanwhile is told.
func (h *hush) end() { h.wakeFrom(1) }

func (h *hush) wakeFrom(bytes int) {
	if h.raw != nil {
		h.lowat = bytes
		h.raw.Control(h.set) // if it fails the stream has ended
	}
}

func (h *hush) setLowat(fd uintptr) {
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, h.lowat) // it never fails for TCP
}
