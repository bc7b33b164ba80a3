package listen

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// readable tells whether the kernel would wake one who waits for conn.
func readable(t *testing.T, conn net.Conn) bool {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if e := raw.Control(func(fd uintptr) {
		for n, err = -1, unix.EINTR; err == unix.EINTR; { // which the runtime's signals do
			n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		}
	}); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n > 0
}

// arrived is how many bytes of conn have not been read.
func arrived(t *testing.T, conn net.Conn) int {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if e := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n
}

func TestAHushedStreamWakesNobodyForLittle(t *testing.T) {
	f := newFed(t)
	conn := f.s.conn.(*pacedConn).Conn
	h := newHush(conn)
	h.begin()
	write(t, f.from, "a 1\n")
	waitFor(t, "arrival", func() bool { return arrived(t, conn) == 4 })
	if readable(t, conn) {
		t.Error("little wakes")
	}
	h.end()
	if !readable(t, conn) {
		t.Error("what came meanwhile does not wake")
	}
	h.begin()
	write(t, f.from, strings.Repeat("b 2\n", hushed/4))
	waitFor(t, "waking for much", func() bool { return readable(t, conn) })
}

func TestTheEndOfAHushedStreamWakes(t *testing.T) {
	f := newFed(t)
	conn := f.s.conn.(*pacedConn).Conn
	newHush(conn).begin()
	write(t, f.from, "a 1\n")
	f.from.Close()
	waitFor(t, "waking", func() bool { return readable(t, conn) })
}

func TestAStreamIsHushedWhileItsReaderSleeps(t *testing.T) {
	f := newFed(t)
	tcp, done := f.s.conn.(*pacedConn).Conn, make(chan struct{})
	conn := newPacedConn(tcp, done)
	conn.tired, conn.pace.nap = true, time.Hour
	write(t, f.from, "a 1\n")
	read := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 100))
		read <- err
	}()
	waitFor(t, "arrival and silence", func() bool { return arrived(t, tcp) == 4 && !readable(t, tcp) })
	close(done) // the nap is over
	if err := <-read; err != nil {
		t.Error(err)
	}
	write(t, f.from, "b 2\n")
	waitFor(t, "waking", func() bool { return readable(t, tcp) })
}

func TestHushingAllocatesNothing(t *testing.T) {
	h := newHush(newFed(t).s.conn.(*pacedConn).Conn)
	if n := testing.AllocsPerRun(100, func() { h.begin(); h.end() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
