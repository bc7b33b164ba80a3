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

// gate is where the reader of a socket waits. A socket that the runtime waits
// for wakes one of its threads with every datagram, even while nobody wants to
// know, which costs more than to read it. So the socket is watched by a poll
// of its own that sleeps unless somebody waits at the gate, and the runtime
// waits for that poll.
type gate struct {
	poll *os.File
	raw  syscall.RawConn // of poll
	sock syscall.RawConn

	// Owned by wait; the functions are made once, so that it allocates nothing.
	look   func(poll uintptr) bool
	arm    func(sock uintptr)
	fd     int // of poll
	armed  bool
	err    error // of arm
	events [1]unix.EpollEvent
}

// unwatched returns conn's socket as one that the runtime does not wait for.
// conn is closed in any case.
func unwatched(conn net.PacketConn) (*os.File, error) {
	defer conn.Close() // the socket stays
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

// duplicate returns a file for the socket fd. That a call on it would block,
// which none that is made here does, tells the runtime not to wait for it.
func duplicate(fd uintptr) (*os.File, error) {
	dup, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate the socket: %w", err)
	}
	if err := unix.SetNonblock(dup, false); err != nil {
		unix.Close(dup) // err says more
		return nil, fmt.Errorf("make the socket block: %w", err)
	}
	return os.NewFile(uintptr(dup), "socket"), nil
}

func newGate(sock syscall.RawConn) (*gate, error) {
	poll, err := newPoll()
	if err != nil {
		return nil, fmt.Errorf("make a poll: %w", err)
	}
	g := &gate{poll: poll, sock: sock}
	g.look, g.arm = g.lookFor, g.armFor
	if g.raw, err = poll.SyscallConn(); err == nil {
		err = g.watch()
	}
	if err != nil {
		poll.Close() // err says more
		return nil, fmt.Errorf("watch the socket: %w", err)
	}
	return g, nil
}

// newPoll makes one that the runtime can wait for.
func newPoll() (*os.File, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd) // err says more
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "poll")
	if err := f.SetReadDeadline(time.Time{}); err != nil { // the runtime does not
		f.Close() // err says more
		return nil, err
	}
	return f, nil
}

// watch gives the socket to the poll, which stays asleep.
func (g *gate) watch() (err error) {
	e := g.raw.Control(func(poll uintptr) {
		e := g.sock.Control(func(sock uintptr) {
			g.events[0] = unix.EpollEvent{Events: unix.EPOLLONESHOT}
			err = unix.EpollCtl(int(poll), unix.EPOLL_CTL_ADD, int(sock), &g.events[0])
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

// wait returns when the socket has something to read. An error means that
// nobody may wait any more.
func (g *gate) wait() error {
	g.armed, g.err = false, nil
	if err := g.raw.Read(g.look); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		return net.ErrClosed
	}
	return g.err
}

// lookFor wakes the poll and has the runtime wait for it, until the poll has
// told that there is something, by which it falls asleep again. It must have
// told: what is left untold would not be told again.
func (g *gate) lookFor(poll uintptr) bool {
	g.fd = int(poll)
	if g.armed {
		return g.told()
	}
	g.armed = true
	if err := g.sock.Control(g.arm); err != nil {
		g.err = net.ErrClosed
	}
	return g.err != nil
}

// told has the poll tell, without waiting.
func (g *gate) told() bool {
	for {
		n, err := unix.EpollWait(g.fd, g.events[:], 0)
		if err != unix.EINTR {
			return n > 0 || err != nil
		}
	}
}

func (g *gate) armFor(sock uintptr) {
	g.events[0] = unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}
	g.err = unix.EpollCtl(g.fd, unix.EPOLL_CTL_MOD, int(sock), &g.events[0])
}

// shut ends all waiting for good.
func (g *gate) shut() {
	g.poll.SetReadDeadline(time.Unix(1, 0)) // if it fails the gate is closed
}

func (g *gate) close() { g.poll.Close() } // nothing of it is left in any case
