package listen

import (
	"net"
	"time"
)

// pacer tells one who waits for bytes over and over when to sleep for a
// moment first: when little came, and came quickly. Being woken costs many
// times as much as what is then done with a few lines; what comes meanwhile
// is had all at once. After a pause nobody sleeps, so what comes seldom is
// not delayed.
type pacer struct {
	nap      time.Duration // zero means never
	patience int           // how many such waits to bear first

	began time.Time // waiting
	quick int       // waits in a row after which little came quickly
	timer *time.Timer
}

const (
	// maxNap is short for people and long for processors.
	maxNap = 10 * time.Millisecond
	// minNap is below what is worth going to sleep for.
	minNap = time.Millisecond
	// fastest is how many bytes a second may come: a link of 10 Gbit/s.
	fastest = 1.25e9
)

// napTime is how long a socket of datagrams may be left alone without its
// buffer of so many bytes filling up; zero if that is too short to gain from.
func napTime(rcvbuf int) time.Duration {
	d := time.Duration(float64(rcvbuf) / fastest * float64(time.Second))
	if d < minNap {
		return 0
	}
	return min(d, maxNap)
}

// wait says that waiting begins.
func (p *pacer) wait() {
	if p.nap > 0 {
		p.began = time.Now()
	}
}

// got says that waiting is over, and tells whether to sleep before the next.
func (p *pacer) got(little bool) bool {
	if !little || p.nap == 0 || time.Since(p.began) > p.nap/2 {
		p.quick = 0
		return false
	}
	p.quick++
	return p.quick > p.patience
}

// sleep sleeps until done at most.
func (p *pacer) sleep(done <-chan struct{}) {
	select {
	case <-done:
	case <-p.alarm():
	}
}

// alarm returns what will be sent to when the nap is over.
func (p *pacer) alarm() <-chan time.Time {
	if p.timer == nil {
		p.timer = time.NewTimer(p.nap)
	} else {
		p.timer.Reset(p.nap)
	}
	return p.timer.C
}

// pacedConn is a stream that sleeps before a read as its pacer says. It stands
// below TLS, since only what the kernel brings tells how much is there.
type pacedConn struct {
	net.Conn
	done  <-chan struct{} // the end of all sleep
	pace  pacer
	hush  *hush
	tired bool
}

const (
	// littleRead is what is read faster than it is worth waiting for more.
	littleRead = 16 << 10
	// streamPatience keeps a stream that is drained now and then, but sends
	// much, from being held up by its own window.
	streamPatience = 8
)

func newPacedConn(conn net.Conn, done <-chan struct{}) *pacedConn {
	return &pacedConn{Conn: conn, done: done, pace: pacer{nap: maxNap, patience: streamPatience}, hush: newHush(conn)}
}

func (c *pacedConn) Read(p []byte) (n int, err error) {
	if c.tired {
		c.hush.begin()
		c.pace.sleep(c.done)
		c.hush.end()
	}
	c.pace.wait()
	n, err = c.Conn.Read(p)
	c.tired = c.pace.got(n < len(p) && n < littleRead)
	return n, err
}
