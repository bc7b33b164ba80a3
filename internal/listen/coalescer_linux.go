package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// oneShotPoll waits for a socket that the runtime's poller does not watch. The
// socket stands in an epoll instance with EPOLLONESHOT: once armed it reports
// one event and is disarmed. The runtime's poller watches the instance, so
// only a datagram that arrives while wait is under way wakes a thread.
type oneShotPoll struct {
	file *os.File        // the epoll instance
	raw  syscall.RawConn // of file
	sock syscall.RawConn

	// Owned by wait. The functions are bound once, so that wait allocates
	// nothing.
	poll   func(epfd uintptr) bool // armOrConsume
	modify func(sockfd uintptr)    // arm
	epfd   int
	armed  bool
	err    error // of arm
	events [1]unix.EpollEvent
}

func newOneShotPoll(sock syscall.RawConn) (*oneShotPoll, error) {
	file, err := newEpoll()
	if err != nil {
		return nil, fmt.Errorf("create an epoll instance: %w", err)
	}
	p := &oneShotPoll{file: file, sock: sock}
	p.poll, p.modify = p.armOrConsume, p.arm
	if p.raw, err = file.SyscallConn(); err == nil {
		err = p.add()
	}
	if err != nil {
		file.Close() // err is the cause
		return nil, fmt.Errorf("add the socket to its epoll instance: %w", err)
	}
	return p, nil
}

// newEpoll returns an epoll instance that the runtime's poller watches.
func newEpoll() (*os.File, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd) // err is the cause
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "epoll")
	if err := f.SetReadDeadline(time.Time{}); err != nil { // it is not in the poller
		f.Close() // err is the cause
		return nil, err
	}
	return f, nil
}

// add adds the socket to the instance, disarmed.
func (p *oneShotPoll) add() (err error) {
	e := p.raw.Control(func(epfd uintptr) {
		e := p.sock.Control(func(sockfd uintptr) {
			p.events[0] = unix.EpollEvent{Events: unix.EPOLLONESHOT}
			err = unix.EpollCtl(int(epfd), unix.EPOLL_CTL_ADD, int(sockfd), &p.events[0])
		})
		if e != nil {
			err = e
		}
	})
	if e != nil {
		return e
	}
	return err
}

// wait returns when the socket has something to read. After interrupt it
// returns os.ErrDeadlineExceeded, after close net.ErrClosed.
func (p *oneShotPoll) wait() error {
	p.armed, p.err = false, nil
	if err := p.raw.Read(p.poll); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		return net.ErrClosed
	}
	return p.err
}

// pause returns after d, or within maxDelay after done is closed.
func (p *oneShotPoll) pause(d time.Duration, done <-chan struct{}) {
	for ; d > 0; d -= maxDelay {
		select {
		case <-done:
			return
		default:
			pause(min(d, maxDelay))
		}
	}
}

// armOrConsume arms the socket when it is first called in a wait, and reports
// false, so that the runtime parks the goroutine until the instance has an
// event. Then it consumes the event: the poller is edge-triggered, and an
// event that stays in the instance hides the next one from it.
func (p *oneShotPoll) armOrConsume(epfd uintptr) bool {
	p.epfd = int(epfd)
	if p.armed {
		return p.consume()
	}
	p.armed = true
	if err := p.sock.Control(p.modify); err != nil {
		p.err = net.ErrClosed
	}
	return p.err != nil
}

// arm has the instance report the next event of the socket.
func (p *oneShotPoll) arm(sockfd uintptr) {
	p.events[0] = unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}
	p.err = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_MOD, int(sockfd), &p.events[0])
}

// consume takes the event out of the instance and reports whether there was
// one; it does not block.
func (p *oneShotPoll) consume() bool {
	for {
		n, err := unix.EpollWait(p.epfd, p.events[:], 0)
		if err != unix.EINTR {
			return n > 0 || err != nil
		}
	}
}

// interrupt ends the wait that is under way and all later ones.
func (p *oneShotPoll) interrupt() {
	p.file.SetReadDeadline(time.Unix(1, 0)) // fails only if the instance is closed, which ends waits too
}

func (p *oneShotPoll) close() { p.file.Close() } // an epoll instance has nothing to lose

// lowWater sets the low-water mark of a TCP stream: how many bytes must have
// arrived before the kernel wakes a reader. A nil lowWater does nothing.
type lowWater struct {
	raw   syscall.RawConn
	set   func(fd uintptr) // setMark, bound once, so that setting allocates nothing
	bytes int              // for setMark
}

// raisedMark is smaller than any receive window, which must not fill up.
const raisedMark = 32 << 10

// newLowWater returns nil if conn is no TCP stream: other streams have no
// low-water mark that poll respects.
func newLowWater(conn net.Conn) *lowWater {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil { // it is closed
		return nil
	}
	l := &lowWater{raw: raw}
	l.set = l.setMark
	return l
}

// raise keeps the stream from waking its reader for less than raisedMark. The
// end of the stream does wake it.
func (l *lowWater) raise() { l.setTo(raisedMark) }

// restore undoes raise. Bytes that arrived in between wake the reader.
func (l *lowWater) restore() { l.setTo(1) }

func (l *lowWater) setTo(bytes int) {
	if l != nil {
		l.bytes = bytes
		l.raw.Control(l.set) // fails only if the stream is closed
	}
}

func (l *lowWater) setMark(fd uintptr) {
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, l.bytes) // cannot fail for TCP
}
