package send

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sendBuffer is what the kernel holds of a socket's bytes until the peer
// acknowledges them.
type sendBuffer struct {
	raw syscall.RawConn // nil if it cannot be read

	// exact is set if its size counts payload bytes. With encryption it also
	// counts the overhead, and of a unix socket it is a size of memory: then
	// only zero means something.
	exact bool

	mu     sync.Mutex
	ask    func(fd uintptr) // sets queued and err; set once, so that size allocates nothing
	queued int32            // guarded by mu
	err    error            // guarded by mu

	// Owned by tryWrite.
	send    func(fd uintptr) // sends payload and sets sent; set once, like ask
	payload []byte
	sent    int
	failed  syscall.Errno
}

func newSendBuffer(sock net.Conn, encrypted bool) *sendBuffer {
	sc, ok := sock.(syscall.Conn)
	if !ok {
		return &sendBuffer{}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return &sendBuffer{}
	}
	_, tcp := sock.(*net.TCPConn)
	b := &sendBuffer{raw: raw, exact: tcp && !encrypted}
	b.ask = b.askLocked
	b.send = b.sendPayload
	return b
}

// canTry reports whether tryWrite can write.
func (b *sendBuffer) canTry() bool { return b.raw != nil }

// tryWrite writes as much of p as the kernel takes at once. The error is why the
// connection has failed: the kernel returns it once.
func (b *sendBuffer) tryWrite(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b.payload, b.sent, b.failed = p, 0, 0
	err := b.raw.Control(b.send)
	b.payload = nil
	switch {
	case err != nil: // the socket is closed
		return 0, nil
	case b.failed != 0:
		return 0, os.NewSyscallError("sendto", b.failed)
	}
	return b.sent, nil
}

// sendPayload makes a system call that never blocks. The scheduler need not know
// of it, which would let it give the processor to another thread.
func (b *sendBuffer) sendPayload(fd uintptr) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&b.payload[0])), uintptr(len(b.payload)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		switch errno {
		case 0:
			b.sent = int(n)
		case unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM: // there is no room now
		case unix.EPIPE: // of every call, so that one which blocks awaits the reason
		default:
			b.failed = errno
		}
		return
	}
}

// askLocked asks the kernel for SIOCOUTQ. unix.IoctlGetInt would allocate.
func (b *sendBuffer) askLocked(fd uintptr) {
	b.err = nil
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.SIOCOUTQ, uintptr(unsafe.Pointer(&b.queued))); errno != 0 {
		b.err = errno
	}
}

// size is SIOCOUTQ: bytes that were written and not acknowledged.
func (b *sendBuffer) size() (n int, ok bool) {
	if b.raw == nil {
		return 0, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.raw.Control(b.ask) != nil || b.err != nil {
		return 0, false
	}
	return int(b.queued), true
}

// unacked returns how many of the last n bytes written the peer may not have.
func (b *sendBuffer) unacked(n int) int {
	size, ok := b.size()
	switch {
	case !ok:
		return n
	case size == 0:
		return 0
	case b.exact:
		return min(size, n)
	}
	return n
}

// isEmpty reports whether the peer has everything.
func (b *sendBuffer) isEmpty() bool {
	size, ok := b.size()
	return ok && size == 0
}

// silence returns how long the peer's system has acknowledged nothing although
// bytes, or probes of a closed window, were sent to it again. It is zero for a
// peer that keeps its window closed and says so.
func (b *sendBuffer) silence() time.Duration {
	if b.raw == nil {
		return 0
	}
	var info *unix.TCPInfo
	var err error
	if e := b.raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }); e != nil || err != nil {
		return 0
	}
	if info.Retransmits == 0 && info.Probes < 2 { // one probe may be on its way
		return 0
	}
	return time.Duration(info.Last_ack_recv) * time.Millisecond
}
