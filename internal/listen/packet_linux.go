package listen

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// perRead is how many datagrams one system call may bring.
const perRead = 32

// packetSys reads many datagrams with one system call.
type packetSys struct {
	raw   syscall.RawConn
	msgs  [perRead]mmsghdr
	iovs  [perRead]unix.Iovec
	bufs  [perRead][]byte
	ended atomic.Int64 // drops as last seen, for after the socket is closed
}

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

func (c *packetConn) setUp(o Options) error {
	sc, ok := c.conn.(syscall.Conn)
	if !ok {
		return syscall.EINVAL
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	s := &c.sys
	s.raw = raw
	for i := range s.msgs {
		s.bufs[i] = make([]byte, maxDatagram)
		s.iovs[i].Base = &s.bufs[i][0]
		s.iovs[i].SetLen(maxDatagram)
		s.msgs[i].hdr.Iov = &s.iovs[i]
		s.msgs[i].hdr.SetIovlen(1)
	}
	return c.setBuffer(o)
}

// setBuffer asks for the receive buffer with the right that root has, else
// without, and tells the operator if the kernel gave less.
func (c *packetConn) setBuffer(o Options) error {
	got := 0
	err := c.sys.raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, o.RcvBuf) != nil {
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, o.RcvBuf) // what it got is read below
		}
		got, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) // zero if unknown, which warns
	})
	if err != nil {
		return err
	}
	c.rcvbuf = got / 2
	if got/2 < o.RcvBuf { // the kernel counts its own overhead twice
		o.Logger.Warn("the kernel gave a smaller receive buffer than asked for; bursts may be lost",
			"address", c.conn.LocalAddr().String(), "asked", o.RcvBuf, "got", got/2, "do", "sysctl -w net.core.rmem_max=16777216")
	}
	return nil
}

// read waits for datagrams and calls take for each that is there.
func (c *packetConn) read(take func(p []byte, cut bool)) error {
	n, errno := 0, syscall.Errno(0)
	err := c.sys.raw.Read(func(fd uintptr) bool {
		n, errno = c.sys.receive(fd)
		return errno != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	return c.sys.hand(n, errno, take)
}

// drain is read without waiting: an error means that nothing is there.
func (c *packetConn) drain(take func(p []byte, cut bool)) error {
	n, errno := 0, syscall.Errno(0)
	err := c.sys.raw.Control(func(fd uintptr) { n, errno = c.sys.receive(fd) })
	if err != nil {
		return err
	}
	return c.sys.hand(n, errno, take)
}

// receive fills msgs with what the kernel holds, without waiting.
func (s *packetSys) receive(fd uintptr) (n int, errno syscall.Errno) {
	for {
		r, _, e := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.msgs[0])), perRead, unix.MSG_DONTWAIT, 0, 0)
		if e != unix.EINTR {
			return int(r), e
		}
	}
}

func (s *packetSys) hand(n int, errno syscall.Errno, take func(p []byte, cut bool)) error {
	if errno != 0 {
		return errno
	}
	for i := range s.msgs[:n] {
		m := &s.msgs[i]
		take(s.bufs[i][:min(int(m.n), maxDatagram)], m.hdr.Flags&unix.MSG_TRUNC != 0)
	}
	return nil
}

// skMeminfoDrops is the place of sk_drops in what SO_MEMINFO returns.
const skMeminfoDrops = 8

// drops asks the kernel how many datagrams it dropped on this socket.
func (c *packetConn) drops() (int64, bool) {
	var info [skMeminfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	errno := syscall.Errno(0)
	err := c.sys.raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err != nil { // closed
		return c.sys.ended.Load(), true
	}
	return int64(info[skMeminfoDrops]), errno == 0
}

// lastDrops keeps the count for after the socket is closed.
func (c *packetConn) lastDrops() {
	n, _ := c.drops()
	c.sys.ended.Store(n)
}
