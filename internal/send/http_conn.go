package send

import (
	"bufio"
	"errors"
	"log/slog"
	"net"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/loglimit"
)

// httpReadBuffer is the size of the buffer that net/http reads a response with.
const httpReadBuffer = 4 << 10

// errUnasked is what net/http gets in place of bytes that no request asked for.
var errUnasked = errors.New("the server sent an answer that no request asked for")

// answerConn is a connection for HTTP/1.1 that fails when the server sends bytes
// while no request waits for them. net/http closes such a connection too, but it
// prints a line to the standard logger of the program for each.
//
// So that it knows which bytes are of an answer, net/http must not read past the
// end of one: Read gives it one byte of what it buffers, and the buffer is here.
type answerConn struct {
	net.Conn
	unasked func(start string) // is called once, with the first bytes

	in *bufio.Reader // owned by Read and idle, which the goroutine of the answer calls

	begun    atomic.Int64 // requests that got the connection
	asked    atomic.Int64 // requests of which a byte was written
	answered atomic.Int64 // requests whose answer was read to its end
	failed   atomic.Bool  // set by Read and idle
}

func newAnswerConn(c net.Conn, unasked func(start string)) *answerConn {
	return &answerConn{Conn: c, unasked: unasked, in: bufio.NewReaderSize(c, httpReadBuffer)}
}

// Write implements net.Conn. Only requests are written. If net/http has closed the
// connection because of what it read, that is the reason why a write fails.
func (c *answerConn) Write(p []byte) (int, error) {
	c.asked.Store(c.begun.Load())
	n, err := c.Conn.Write(p)
	if c.failed.Load() && errors.Is(err, net.ErrClosed) {
		err = errUnasked
	}
	return n, err
}

// Read implements net.Conn.
func (c *answerConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !c.failed.Load() {
		if _, err := c.in.Peek(1); err != nil {
			return 0, err
		}
		if c.asked.Load() <= c.answered.Load() {
			c.fail()
		}
	}
	if c.failed.Load() {
		return 0, errUnasked
	}
	if len(p) <= httpReadBuffer { // a larger p is for a part of a body, and no longer than that
		p = p[:1]
	}
	return c.in.Read(p)
}

// idle ends a request whose answer was read. More bytes that have arrived are of
// no answer, even if the next request is written before they are read.
func (c *answerConn) idle() {
	c.answered.Add(1)
	if c.in.Buffered() > 0 {
		c.fail()
	}
}

// fail makes all reads fail. A server may say that it closes a connection because
// it was idle, as net/http knows: that is no fault.
func (c *answerConn) fail() {
	c.failed.Store(true)
	start, _ := c.in.Peek(c.in.Buffered()) // has them all
	if s := string(start); !strings.HasPrefix(s, "HTTP/1.1 408") && !strings.HasPrefix(s, "HTTP/1.0 408") {
		c.unasked(s)
	}
}

// traceAnswers returns a trace that reports to each answerConn of a request when
// the request gets it, and when its answer was read.
func traceAnswers() *httptrace.ClientTrace {
	var mu sync.Mutex
	var last *answerConn // guarded by mu
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			mu.Lock()
			defer mu.Unlock()
			if last, _ = info.Conn.(*answerConn); last != nil { // one of HTTP/2 is none
				last.begun.Add(1)
			}
		},
		PutIdleConn: func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if last != nil && err == nil {
				last.idle()
			}
		},
	}
}

// unaskedAnswers counts answers that no request asked for, and logs that there
// are some.
type unaskedAnswers struct {
	count atomic.Int64

	mu    sync.Mutex
	name  string              // guarded by mu; of the destination
	log   func() *slog.Logger // guarded by mu; nil discards
	limit loglimit.Limit      // guarded by mu
}

// logTo implements logging.
func (u *unaskedAnswers) logTo(name string, log func() *slog.Logger) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.name, u.log = name, log
}

// add counts one with that start.
func (u *unaskedAnswers) add(start string) {
	u.count.Add(1)
	u.mu.Lock()
	name, log := u.name, u.log
	more, ok := 0, false
	if log != nil {
		more, ok = u.limit.Allow(time.Now())
	}
	u.mu.Unlock()
	if ok {
		log().Warn(errUnasked.Error()+"; the connection is closed", "destination", name, "start", Excerpt(start), "more", more)
	}
}
