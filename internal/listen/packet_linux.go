package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"monkit.example/internal/endpoint"
)

// perRead is how many datagrams one system call reads at most.
const perRead = 32

// packetSys reads many datagrams with one system call.
type packetSys struct {
	sock *os.File // which the runtime's poller does not watch, see oneShotPoll
	raw  syscall.RawConn
	mem  meminfo

	// Owned by read and readNow.
	call  func(fd uintptr) // receive, bound once so that reading allocates nothing
	msgs  [perRead]mmsghdr
	iovs  [perRead]unix.Iovec
	bufs  [perRead][]byte
	names [perRead]unix.RawSockaddrAny
	peers peers
	n     int // of msgs that the last receive filled
	errno syscall.Errno
}

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// setUp makes c own the socket of conn. If it fails the socket is closed.
func (c *packetConn) setUp(conn net.PacketConn, ep endpoint.Endpoint, o Options) (err error) {
	s := &c.sys
	if s.sock, err = detach(conn); err != nil {
		return err
	}
	if s.raw, err = s.sock.SyscallConn(); err == nil {
		c.coalescer.poll, err = newOneShotPoll(s.raw)
	}
	if err == nil {
		s.makeRoom()
		err = c.setBuffer(ep, o)
	}
	if err != nil {
		c.close() // err is the cause
	}
	return err
}

// detach returns the socket of conn as a file that the runtime's poller does
// not watch. It closes conn, also if it fails.
func detach(conn net.PacketConn) (*os.File, error) {
	defer conn.Close() // the file has a descriptor of its own
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil, errors.New("the socket has no descriptor")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var f *os.File
	if e := raw.Control(func(fd uintptr) { f, err = duplicate(fd) }); e != nil {
		return nil, e
	}
	return f, err
}

// duplicate returns a file for the socket fd. The descriptor is in blocking
// mode, which keeps os.NewFile from adding it to the poller; no system call that
// is made here blocks on it.
func duplicate(fd uintptr) (*os.File, error) {
	dup, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate the socket: %w", err)
	}
	if err := unix.SetNonblock(dup, false); err != nil {
		unix.Close(dup) // err is the cause
		return nil, fmt.Errorf("make the socket block: %w", err)
	}
	return os.NewFile(uintptr(dup), "socket"), nil
}

// bufferStride is a datagram and a line end, and so much more that the starts of
// all buffers lie in different sets of a processor's cache: at distances of 64 KiB
// most of them would displace each other before they are read.
const bufferStride = maxDatagram + 1600

// makeRoom allocates what receive needs.
func (s *packetSys) makeRoom() {
	s.call = s.receive
	s.mem.call = s.mem.getsockopt
	slab := make([]byte, perRead*bufferStride)
	for i := range s.msgs {
		at := i * bufferStride
		s.bufs[i] = slab[at : at+maxDatagram : at+bufferStride]
		s.iovs[i].Base = &s.bufs[i][0]
		s.iovs[i].SetLen(maxDatagram)
		s.msgs[i].hdr.Iov = &s.iovs[i]
		s.msgs[i].hdr.SetIovlen(1)
		s.msgs[i].hdr.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		s.msgs[i].hdr.Namelen = unix.SizeofSockaddrAny
	}
}

// setBuffer sets the size of the receive buffer, beyond the system's limit if
// the process has that privilege. It logs a warning if the kernel gave less.
func (c *packetConn) setBuffer(ep endpoint.Endpoint, o Options) error {
	err := c.sys.raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, o.RcvBuf) != nil {
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, o.RcvBuf) // the size it set is read below
		}
		got, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) // zero if it fails, which logs the warning
		c.rcvbuf = got / 2                                                     // the kernel adds as much for its own overhead
	})
	if err != nil {
		return fmt.Errorf("set receive buffer: %w", err)
	}
	if ep.Transport != endpoint.UDP { // other limits bound what unixgram holds
		return nil
	}
	c.coalescer.delay.length = delayFor(c.rcvbuf)
	if c.rcvbuf < o.RcvBuf {
		o.Logger.Warn("the kernel gave a smaller receive buffer than asked for; bursts may be lost",
			"address", c.addr.String(), "asked", o.RcvBuf, "got", c.rcvbuf,
			"do", fmt.Sprintf("sysctl -w net.core.rmem_max=%d", o.RcvBuf))
	}
	return nil
}

// read waits for datagrams and calls put for each that the kernel holds, up
// to perRead. If the read before set more, it does not wait, and may find none.
// done ends a delay early.
func (c *packetConn) read(done <-chan struct{}, put func(p []byte, from Sender, cut bool)) error {
	for {
		if err := c.coalescer.wait(done); err != nil {
			return err
		}
		switch err := c.readNow(put); {
		case err == unix.EAGAIN:
			c.coalescer.consumed(none)
			if c.more {
				c.more = false
				return nil
			}
		case err != nil:
			c.more = false
			return err
		case c.sys.n < perRead:
			c.coalescer.consumed(small)
			c.more = false
			return nil
		default:
			c.coalescer.consumed(large)
			c.more = true
			return nil
		}
	}
}

// readNow is read without a wait. It returns EAGAIN if the kernel holds no
// datagram.
func (c *packetConn) readNow(put func(p []byte, from Sender, cut bool)) error {
	if c.sys.raw.Control(c.sys.call) != nil {
		return net.ErrClosed
	}
	return c.sys.passOn(put)
}

// interrupt ends the read that waits and keeps later ones from waiting.
func (c *packetConn) interrupt() { c.coalescer.poll.interrupt() }

// receive fills msgs with what the kernel holds, without blocking. It can
// therefore use RawSyscall6, which the scheduler does not notice: a call that it
// notices wakes its monitor each time, which costs as much as the call itself.
func (s *packetSys) receive(fd uintptr) {
	for {
		r, _, e := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.msgs[0])), perRead, unix.MSG_DONTWAIT, 0, 0)
		if s.n, s.errno = int(r), e; e != unix.EINTR {
			return
		}
	}
}

// passOn calls put for each datagram of the last receive, or returns its
// error.
func (s *packetSys) passOn(put func(p []byte, from Sender, cut bool)) error {
	if s.errno != 0 {
		return s.errno
	}
	for i := range s.msgs[:s.n] {
		hdr := &s.msgs[i].hdr
		from := s.peers.sender(&s.names[i], int(hdr.Namelen))
		hdr.Namelen = unix.SizeofSockaddrAny // the kernel has set it to that of the name
		put(s.bufs[i][:s.msgs[i].n], from, hdr.Flags&unix.MSG_TRUNC != 0)
	}
	return nil
}

func (c *packetConn) close() error {
	if c.coalescer.poll != nil {
		c.kernel() // remembers the last counts
		c.coalescer.poll.close()
	}
	return c.sys.sock.Close()
}

// kernel returns the kernel's counts, those of a closed socket as they were
// when it was closed.
func (c *packetConn) kernel() kernelCounts { return c.sys.mem.ask(c.sys.raw) }

// meminfo asks the kernel for the counts of a socket by SO_MEMINFO. They are
// up to date, unlike the count that SO_RXQ_OVFL attaches to datagrams.
type meminfo struct {
	call func(fd uintptr) // getsockopt, bound once so that asking allocates nothing

	mu sync.Mutex
	// Guarded by mu.
	counts kernelCounts
	info   [skDrops + 1]uint32 // as the kernel last returned it
	errno  syscall.Errno
}

// Indexes into what SO_MEMINFO returns.
const (
	skRmemAlloc = 0
	skDrops     = 8
)

func (m *meminfo) ask(raw syscall.RawConn) kernelCounts {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.info[skDrops]
	if raw.Control(m.call) != nil { // closed
		m.counts.queued = 0
		return m.counts
	}
	if m.counts.known = m.errno == 0; m.counts.known {
		m.counts.drops += int64(m.info[skDrops] - before) // the kernel's 32 bits may wrap around
		m.counts.queued = int64(m.info[skRmemAlloc])
	}
	return m.counts
}

// getsockopt fills info and errno; ask holds mu.
func (m *meminfo) getsockopt(fd uintptr) {
	size := uint32(unsafe.Sizeof(m.info))
	_, _, m.errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&m.info)), uintptr(unsafe.Pointer(&size)), 0)
}
