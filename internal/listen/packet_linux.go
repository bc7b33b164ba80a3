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

// perRead is how many datagrams one system call may bring.
const perRead = 32

// packetSys reads many datagrams with one system call.
type packetSys struct {
	sock *os.File // which the runtime's poller does not watch, see oneShotPoll
	raw  syscall.RawConn
	mem  meminfo
	once func(fd uintptr) // receive

	// Owned by the one who reads.
	msgs  [perRead]mmsghdr
	iovs  [perRead]unix.Iovec
	bufs  [perRead][]byte
	n     int // of msgs, by the last receive
	errno syscall.Errno
}

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// setUp makes conn its own, even if it fails.
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
		c.close() // err says more
	}
	return err
}

// detach returns conn's socket as a file that the runtime's poller does not
// watch. It closes conn, also if it fails.
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

// duplicate returns a file for the socket fd. Its descriptor is in blocking
// mode, which keeps os.NewFile from adding it to the poller; no call here blocks
// on it.
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

// makeRoom prepares what receive needs.
func (s *packetSys) makeRoom() {
	s.once = s.receive
	s.mem.get = s.mem.read
	for i := range s.msgs {
		s.bufs[i] = make([]byte, maxDatagram)
		s.iovs[i].Base = &s.bufs[i][0]
		s.iovs[i].SetLen(maxDatagram)
		s.msgs[i].hdr.Iov = &s.iovs[i]
		s.msgs[i].hdr.SetIovlen(1)
	}
}

// setBuffer asks for the receive buffer with the right that root has, else
// without, and tells the operator if the kernel gave less.
func (c *packetConn) setBuffer(ep endpoint.Endpoint, o Options) error {
	err := c.sys.raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, o.RcvBuf) != nil {
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, o.RcvBuf) // what it got is read below
		}
		got, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) // zero if unknown, which warns
		c.rcvbuf = got / 2                                                     // the kernel adds as much for its own overhead
	})
	if err != nil {
		return fmt.Errorf("set receive buffer: %w", err)
	}
	if ep.Transport != endpoint.UDP { // what unixgram holds is bounded by other things
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

// read waits for datagrams and calls take for each that the kernel holds, up
// to perRead. done ends a delay early.
func (c *packetConn) read(done <-chan struct{}, take func(p []byte, cut bool)) error {
	for {
		if err := c.coalescer.wait(done); err != nil {
			return err
		}
		switch err := c.readNow(take); {
		case err == unix.EAGAIN:
			c.coalescer.consumed(none)
		case err != nil:
			return err
		case c.sys.n < perRead:
			c.coalescer.consumed(small)
			return nil
		default:
			c.coalescer.consumed(large)
			return nil
		}
	}
}

// readNow is read without waiting: an error means that nothing is there.
func (c *packetConn) readNow(take func(p []byte, cut bool)) error {
	if c.sys.raw.Control(c.sys.once) != nil {
		return net.ErrClosed
	}
	return c.sys.hand(take)
}

// interrupt ends all waiting for good.
func (c *packetConn) interrupt() { c.coalescer.poll.interrupt() }

// receive fills msgs with what the kernel holds, without waiting. So the
// scheduler is not told of the system call: that would wake its monitor each
// time, which costs as much as the call itself.
func (s *packetSys) receive(fd uintptr) {
	for {
		r, _, e := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.msgs[0])), perRead, unix.MSG_DONTWAIT, 0, 0)
		if s.n, s.errno = int(r), e; e != unix.EINTR {
			return
		}
	}
}

// hand gives away what receive got.
func (s *packetSys) hand(take func(p []byte, cut bool)) error {
	if s.errno != 0 {
		return s.errno
	}
	for i := range s.msgs[:s.n] {
		take(s.bufs[i][:s.msgs[i].n], s.msgs[i].hdr.Flags&unix.MSG_TRUNC != 0)
	}
	return nil
}

func (c *packetConn) close() error {
	if c.coalescer.poll != nil {
		c.kernel() // is remembered
		c.coalescer.poll.close()
	}
	return c.sys.sock.Close()
}

// kernel asks the kernel for its counts. Those of a closed socket are the last
// there were.
func (c *packetConn) kernel() kernelCounts { return c.sys.mem.ask(c.sys.raw) }

// meminfo is what the kernel tells by SO_MEMINFO. Unlike the count that comes
// along with datagrams it is true at once.
type meminfo struct {
	get func(fd uintptr) // read, made once so that asking allocates nothing

	mu     sync.Mutex
	counts kernelCounts // guarded by mu
	info   [skDrops + 1]uint32
	errno  syscall.Errno
}

// Places in what SO_MEMINFO returns.
const (
	skRmemAlloc = 0
	skDrops     = 8
)

func (m *meminfo) ask(raw syscall.RawConn) kernelCounts {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.info[skDrops]
	if raw.Control(m.get) != nil { // closed
		m.counts.queued = 0
		return m.counts
	}
	if m.counts.known = m.errno == 0; m.counts.known {
		m.counts.drops += int64(m.info[skDrops] - before) // the kernel's count may wrap
		m.counts.queued = int64(m.info[skRmemAlloc])
	}
	return m.counts
}

func (m *meminfo) read(fd uintptr) {
	size := uint32(unsafe.Sizeof(m.info))
	_, _, m.errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&m.info)), uintptr(unsafe.Pointer(&size)), 0)
}
