package listen

import (
	"net"
	"time"
)

// A coalescer makes the goroutine that reads a socket wake up less often, so
// that each read brings more. The reader calls wait before each read and
// consumed after it. A coalescer belongs to one goroutine.
//
// A wake-up costs many times as much as decoding a few lines. Three parts
// save wake-ups; the figures are the relay's processor time per line before
// and after, medians of runs in turn on two busy cores:
//
//   - The delay. When small reads follow each other quickly, the next read
//     waits for 10 ms and brings everything that arrived by then. Input after
//     a pause is read at once. 25 000 lines/s in full datagrams: 3000 ns
//     before, 2200 ns after the delay grew from 5 ms to 10 ms and the reads no
//     longer woke the scheduler's monitor (see receive). 10 ms is the limit
//     because the receive buffer must hold what arrives during the delay: the
//     default of 8 MiB holds 6.7 ms of a 10 Gbit/s link.
//   - The one-shot poll, for datagrams. The runtime's poller wakes a thread
//     for every datagram that a socket receives, even while the reader sleeps,
//     which costs more than the read. So the socket stands in an epoll instance
//     of its own that reports one event for each wait, and the runtime's poller
//     watches that instance. 25 000 lines/s: 2200 ns before, 1800 ns after;
//     100 000 lines/s: 900 and 600 ns. Context switches a second: 1800 and
//     1300; 3000 and 1100.
//   - The low-water mark, for TCP. A stream stays in the runtime's poller,
//     which deadlines and TLS need, and so wakes a thread with every segment.
//     During the delay SO_RCVLOWAT holds back wake-ups for less than 32 KiB.
//     25 000 lines/s in small writes of one stream: 2200 ns before, 1800 ns
//     after; context switches a second: 1900 and 1100.
//
// A delay before a read of datagrams is a pause of the thread, see pause.
//
// The pause, the one-shot poll and the low-water mark need Linux; elsewhere the
// delay is a timer, and the others do nothing.
type coalescer struct {
	poll     *oneShotPoll // of a socket whose reads do not block, else nil
	lowWater *lowWater    // of a TCP stream, else nil
	delay    delayer

	drained bool // the last read found nothing
	due     bool // the next wait delays
}

// amount is how much one read brought.
type amount int

const (
	none  amount = iota // a read that did not block found nothing
	small               // the kernel held no more, and it was little
	large
)

// wait returns when it is time to read: when the socket has something if the
// last read found nothing, else after a delay if one is due, which done ends
// early. An error means that the poll was interrupted or closed.
func (c *coalescer) wait(done <-chan struct{}) error {
	if c.drained {
		c.drained = false
		return c.poll.wait()
	}
	if c.due {
		c.due = false
		c.sleep(done)
	}
	c.delay.begin()
	return nil
}

// sleep returns after the delay, or soon after done is closed.
func (c *coalescer) sleep(done <-chan struct{}) {
	if c.poll != nil {
		c.poll.pause(c.delay.length, done)
		return
	}
	c.lowWater.raise()
	c.delay.sleep(done)
	c.lowWater.restore()
}

// consumed records what the read brought. A read that failed is not recorded.
func (c *coalescer) consumed(a amount) {
	if a == none {
		c.drained = true
		return
	}
	c.due = c.delay.end(a == small)
}

// A delayer decides when a goroutine that waits for bytes again and again
// delays before it waits, and times the delay: when more than threshold waits
// in a row were short and brought little.
type delayer struct {
	length    time.Duration // zero means no delay, ever
	threshold int

	began time.Time // the wait
	quick int       // short waits in a row that brought little
	timer *time.Timer
}

const (
	// maxDelay is short for people and long for processors.
	maxDelay = 10 * time.Millisecond
	// minDelay is the least that is worth a timer.
	minDelay = time.Millisecond
	// linkRate is how many bytes a second may arrive: a link of 10 Gbit/s.
	linkRate = 1.25e9
)

// delayFor returns how long a receive buffer of so many bytes can be left
// alone without filling up; zero if that is too short to be worth it.
func delayFor(rcvbuf int) time.Duration {
	d := time.Duration(float64(rcvbuf) / linkRate * float64(time.Second))
	if d < minDelay {
		return 0
	}
	return min(d, maxDelay)
}

// begin records that a wait begins.
func (d *delayer) begin() {
	if d.length > 0 {
		d.began = time.Now()
	}
}

// end records that the wait is over, and reports whether to delay the next.
func (d *delayer) end(little bool) bool {
	if !little || d.length == 0 || time.Since(d.began) > d.length/2 {
		d.quick = 0
		return false
	}
	d.quick++
	return d.quick > d.threshold
}

// sleep returns after the delay, or when done is closed.
func (d *delayer) sleep(done <-chan struct{}) {
	select {
	case <-done:
	case <-d.start():
	}
}

// start returns a channel that receives when the delay is over.
func (d *delayer) start() <-chan time.Time {
	if d.timer == nil {
		d.timer = time.NewTimer(d.length)
	} else {
		d.timer.Reset(d.length)
	}
	return d.timer.C
}

// coalescedConn is a stream whose reads a coalescer delays. TLS is layered
// above it, because only the kernel's reads show how much has arrived.
type coalescedConn struct {
	net.Conn
	coalescer coalescer
	done      <-chan struct{} // ends a delay early
}

const (
	// smallRead is read in less time than a wake-up takes.
	smallRead = 16 << 10
	// streamThreshold keeps a stream from being held up by its own receive
	// window if it sends much but is drained now and then.
	streamThreshold = 8
)

func newCoalescedConn(conn net.Conn, done <-chan struct{}) *coalescedConn {
	return &coalescedConn{Conn: conn, done: done, coalescer: coalescer{
		lowWater: newLowWater(conn),
		delay:    delayer{length: maxDelay, threshold: streamThreshold},
	}}
}

// NetConn returns the connection below.
func (c *coalescedConn) NetConn() net.Conn { return c.Conn }

// Read reads as net.Conn does. What a failed read brought counts as well.
func (c *coalescedConn) Read(p []byte) (n int, err error) {
	c.coalescer.wait(c.done) // fails only for sockets with a poll
	n, err = c.Conn.Read(p)
	if n < len(p) && n < smallRead {
		c.coalescer.consumed(small)
	} else {
		c.coalescer.consumed(large)
	}
	return n, err
}

// CloseWrite ends the stream in one direction, if it can be.
func (c *coalescedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
